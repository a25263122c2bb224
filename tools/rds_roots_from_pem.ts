import { X509Certificate } from "node:crypto";

/** By region, then by key: `RSA2048`, `RSA4096`, `ECC384`; PEM text. */
export type RdsRoots = Readonly<Record<string, Readonly<Record<string, string>>>>;

const PEM = /-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----/g;
/** Only what signs servers of today: neither the roots of 2019 nor Beta and Preview. */
const NAME = /^Amazon RDS ([a-z]{2}(?:-[a-z]+)+-\d+) Root CA (RSA2048|RSA4096|ECC384) G1$/;
const ORGANISATION = "Amazon Web Services, Inc.";
const YEAR_MS = 365 * 86_400_000;

/** A line of a certificate's subject: `CN`, `O`. Node escapes commas in it. */
const part = (subject: string, name: string): string | undefined =>
  subject
    .split("\n")
    .find((line) => line.startsWith(`${name}=`))
    ?.slice(name.length + 1)
    .replaceAll("\\", "");

/**
 * The roots of RDS among the certificates of a PEM text: of generation G1, self-signed, and valid for another year at
 * least; sorted. Throws where two of one name differ, or there are none.
 */
export function rdsRoots(text: string, now: Date): RdsRoots {
  const found = new Map<string, Map<string, X509Certificate>>();
  for (const [pem] of text.matchAll(PEM)) {
    const certificate = new X509Certificate(pem);
    const { subject } = certificate;
    const [, region, key] = NAME.exec(part(subject, "CN") ?? "") ?? [];
    if (region === undefined || key === undefined || part(subject, "O") !== ORGANISATION) continue;
    if (!isRoot(certificate) || Date.parse(certificate.validTo) < now.getTime() + YEAR_MS) continue;
    const keys = found.get(region) ?? new Map<string, X509Certificate>();
    const before = keys.get(key);
    if (before !== undefined && before.fingerprint256 !== certificate.fingerprint256) {
      throw new Error(`there are two roots named ${part(subject, "CN")}`);
    }
    found.set(region, keys.set(key, certificate));
  }
  if (found.size === 0) throw new Error("no root of RDS is among these certificates");
  return Object.fromEntries(
    sorted(found).map(([region, keys]) => [
      region,
      Object.fromEntries(sorted(keys).map(([key, certificate]) => [key, certificate.toString()])),
    ]),
  );
}

const isRoot = (certificate: X509Certificate): boolean =>
  certificate.ca && certificate.checkIssued(certificate) && certificate.verify(certificate.publicKey);

const sorted = <T>(map: ReadonlyMap<string, T>): readonly (readonly [string, T])[] =>
  [...map].sort(([a], [b]) => (a < b ? -1 : 1));
