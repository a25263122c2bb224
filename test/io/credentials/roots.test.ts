import { X509Certificate } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createSecureContext } from "node:tls";
import { describe, expect, it } from "vitest";
import shipped from "#io/credentials/rds_roots.json" with { type: "json" };
import { certificatesOf, regionOfHost, rootsFor, shippedRegions } from "#io/credentials/roots.ts";

const YEAR_MS = 365 * 86_400_000;
const NONE = "/nowhere/ca-cert.pem";
const all = Object.entries(shipped).flatMap(([region, keys]) =>
  Object.entries(keys).map(([key, pem]) => ({ region, key, pem })),
);

/** Where RDS serves and no root is shipped yet: such a region is told at the start. Shorten it when roots are added. */
const LACKING = [
  "ap-east-2",
  "ap-southeast-5",
  "ap-southeast-6",
  "ap-southeast-7",
  "ca-west-1",
  "cn-north-1",
  "cn-northwest-1",
  "il-central-1",
  "mx-central-1",
  "us-gov-east-1",
  "us-gov-west-1",
];

describe("the shipped roots", () => {
  it.each(all)("$region $key", ({ region, key, pem }) => {
    const root = new X509Certificate(pem);
    expect(root.subject.replaceAll("\\", "").split("\n")).toEqual(
      expect.arrayContaining([`CN=Amazon RDS ${region} Root CA ${key} G1`, "O=Amazon Web Services, Inc."]),
    );
    expect(Date.parse(root.validTo) - Date.now(), "valid for another year").toBeGreaterThan(YEAR_MS);
    expect(Date.parse(root.validFrom)).toBeLessThan(Date.now());
    expect(root.ca).toBe(true);
    expect(root.verify(root.publicKey), "self-signed").toBe(true);
    const { asymmetricKeyType, asymmetricKeyDetails } = root.publicKey;
    const bits = asymmetricKeyDetails?.modulusLength ?? asymmetricKeyDetails?.namedCurve;
    const expected = { RSA2048: ["rsa", 2048], RSA4096: ["rsa", 4096], ECC384: ["ec", "secp384r1"] }[key];
    expect([asymmetricKeyType, bits]).toEqual(expected);
  });

  it("each region has one of each key, and no root is there twice", () => {
    for (const keys of Object.values(shipped)) {
      expect(Object.keys(keys)).toEqual(["ECC384", "RSA2048", "RSA4096"]);
    }
    expect(new Set(all.map(({ pem }) => new X509Certificate(pem).fingerprint256)).size).toBe(all.length);
  });

  it("the regions are the file's, in order, and what is lacking is known", () => {
    expect(shippedRegions()).toEqual([...Object.keys(shipped)].sort());
    expect(shippedRegions()).toHaveLength(27);
    for (const region of LACKING) expect(rootsFor(region, NONE), region).toBeNull();
  });
});

it("the page names the regions", () => {
  const page = readFileSync("docs/credentials.md", "utf8");
  const listed = /<!-- regions -->([^<]*)<!-- end of regions -->/.exec(page)?.[1]?.match(/[a-z0-9-]+/g);
  expect(listed).toEqual(shippedRegions());
});

describe("the roots for a region", () => {
  it("are its own, and OpenSSL takes them", () => {
    const pem = rootsFor("eu-west-1", NONE) ?? "";
    const names = certificatesOf(pem).map(({ subject }) => /CN=(.*)/.exec(subject)?.[1]);
    expect(names).toEqual(
      ["ECC384", "RSA2048", "RSA4096"].map((key) => `Amazon RDS eu-west-1 Root CA ${key} G1`),
    );
    expect(() => createSecureContext({ ca: pem })).not.toThrow();
  });

  it("of a name that every object has, there are none", () => {
    for (const name of ["__proto__", "constructor", ""]) expect(rootsFor(name, NONE)).toBeNull();
  });

  it("the runtime's file counts: with the shipped ones, and alone where it has the region", () => {
    const folder = mkdtempSync(join(tmpdir(), "paws-migrate-roots-"));
    const file = join(folder, "ca-cert.pem");
    writeFileSync(
      file,
      `${shipped["us-east-1"].RSA2048}-----BEGIN CERTIFICATE-----\nbad\n-----END CERTIFICATE-----\n`,
    );
    expect(certificatesOf(rootsFor("eu-west-1", file) ?? "")).toHaveLength(4);
    expect(rootsFor("il-central-1", file)).toBeNull();
    rmSync(folder, { recursive: true });
  });
});

it.each([
  ["orders.abc123.eu-central-1.rds.amazonaws.com", "eu-central-1"],
  ["orders.cluster-abc.us-gov-west-1.RDS.amazonaws.com", "us-gov-west-1"],
  ["orders.abc.cn-north-1.rds.amazonaws.com.cn", "cn-north-1"],
  ["rds.amazonaws.com.example.org", null],
  ["localhost", null],
])("%s is in %s", (host, region) => {
  expect(regionOfHost(host)).toBe(region);
});
