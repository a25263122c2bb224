import { X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import shipped from "./rds_roots.json" with { type: "json" };

/** Made by `npm run rds-roots`: by region, then by key. */
const SHIPPED: Readonly<Record<string, Readonly<Record<string, string>>>> = shipped;

/** Where Lambda keeps the roots that its Node no longer loads by itself. */
export const RUNTIME_ROOTS = "/var/runtime/ca-cert.pem";

export const shippedRegions = (): readonly string[] => Object.keys(SHIPPED);

/** Where the database is: an endpoint of RDS says so, of any other host it is taken to be near. */
export const regionOfHost = (host: string): string | null =>
  /\.([a-z]{2}(?:-[a-z]+)+-\d+)\.rds\.amazonaws\.com(?:\.cn)?$/.exec(host.toLowerCase())?.[1] ?? null;

/**
 * The roots that a database of this region may have, as PEM text: the shipped ones and those of the runtime's file. null
 * where neither has any of the region.
 */
export function rootsFor(region: string, runtimeFile: string = RUNTIME_ROOTS): string | null {
  const own = Object.hasOwn(SHIPPED, region) ? Object.values(SHIPPED[region] ?? {}) : [];
  const runtime = readRuntime(runtimeFile);
  if (own.length === 0 && !hasRootOf(region, runtime)) return null;
  return [...own, ...(runtime === "" ? [] : [runtime])].join("\n");
}

function readRuntime(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}

/** The certificates of a PEM text; a block that cannot be read is none. */
export function certificatesOf(pem: string): readonly X509Certificate[] {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  return blocks.flatMap((block) => {
    try {
      return [new X509Certificate(block)];
    } catch {
      return [];
    }
  });
}

const hasRootOf = (region: string, pem: string): boolean =>
  certificatesOf(pem).some(({ subject }) => subject.includes(`CN=Amazon RDS ${region} Root CA `));
