import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import shipped from "#io/credentials/rds_roots.json" with { type: "json" };
import { rdsRoots } from "../../tools/rds_roots_from_pem.ts";
import { hasOpenssl } from "../support/certificates.ts";

const now = new Date();
const folder = mkdtempSync(join(tmpdir(), "paws-migrate-roots-"));
afterAll(() => rmSync(folder, { recursive: true }));

const ours = Object.values(shipped).flatMap((keys) => Object.values(keys));

/** A root as AWS names its own, or nearly. */
function root(
  name: string,
  days = "4000",
  organisation = "Amazon Web Services, Inc.",
  more: readonly string[] = [],
): string {
  const out = join(folder, "root.crt");
  const key = [
    "-newkey",
    "ec",
    "-pkeyopt",
    "ec_paramgen_curve:prime256v1",
    "-nodes",
    "-keyout",
    join(folder, "key"),
  ];
  const subject = ["-subj", `/O=${organisation}/CN=${name}`];
  execFileSync("openssl", ["req", "-x509", ...key, "-out", out, "-days", days, ...subject, ...more], {
    stdio: "ignore",
  });
  return readFileSync(out, "utf8");
}

it("what is shipped is what the script makes of it, in any order and with anything between", () => {
  const shuffled = [...ours]
    .reverse()
    .map((pem, i) => `# number ${i}\n${pem}`)
    .join("\n");
  expect(JSON.stringify(rdsRoots(shuffled + shuffled, now))).toBe(JSON.stringify(shipped));
});

describe.skipIf(!(await hasOpenssl()))("what is no root of today", () => {
  const GOOD = "Amazon RDS xx-test-1 Root CA ECC384 G1";
  it("a good one is taken", () => {
    expect(Object.keys(rdsRoots(root(GOOD), now))).toEqual(["xx-test-1"]);
  });
  it.each<[string, () => string]>([
    ["valid for less than a year", () => root(GOOD, "364")],
    ["of 2019", () => root("Amazon RDS xx-test-1 Root CA")],
    ["Beta", () => root("Amazon RDS Beta xx-test-1 Root CA ECC384 G1")],
    ["of somebody else", () => root(GOOD, "4000", "Somebody Else")],
    [
      "no authority",
      () =>
        root(GOOD, "4000", "Amazon Web Services, Inc.", ["-addext", "basicConstraints=critical,CA:FALSE"]),
    ],
  ])("%s", (_, pem) => {
    const [good = ""] = ours;
    expect(Object.keys(rdsRoots(good + pem(), now))).toHaveLength(1);
    expect(() => rdsRoots(pem(), now)).toThrow("no root of RDS");
  });
  it("two of one name", () => {
    expect(() => rdsRoots(root(GOOD) + root(GOOD), now)).toThrow(`two roots named ${GOOD}`);
  });
});
