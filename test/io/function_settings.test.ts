import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { readFunctionSettings } from "#io/function_settings.ts";
import type { Environment } from "#io/target_sources.ts";
import { faultsOf } from "../support/source_files.ts";

const folder = mkdtempSync(join(tmpdir(), "paws-migrate-settings-"));
writeFileSync(join(folder, "empty.pem"), "no certificate\n");
afterAll(() => rmSync(folder, { recursive: true }));

const ARN = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:app/job-AbCdEf";
const GOOD: Environment = {
  AWS_REGION: "eu-west-1",
  LAMBDA_TASK_ROOT: folder,
  PAWS_TARGET: "orders-prod",
  DB_HOST: "orders.abc.eu-central-1.rds.amazonaws.com",
  DB_NAME: "orders",
  DB_AUTH: "secret",
  DB_SECRET_ARN: ARN,
  BUNDLE_BUCKET: "orders-bundles",
};

const messages = (more: Environment): readonly string[] =>
  faultsOf(() => readFunctionSettings({ ...GOOD, ...more })).map(({ code, message }) => {
    expect(code).toBe("bad-configuration");
    return message;
  });

describe("a function's environment", () => {
  it("is read whole, with what is not set by default", () => {
    const { ca, ...settings } = readFunctionSettings(GOOD);
    expect(ca).toContain("-----BEGIN CERTIFICATE-----");
    expect(settings).toEqual({
      target: "orders-prod",
      host: GOOD.DB_HOST,
      port: 5432,
      database: "orders",
      auth: { kind: "secret", arn: ARN },
      region: "eu-central-1",
      owner_role: null,
      history_schema: "public",
      bucket: "orders-bundles",
      bundle: null,
      report_max_bytes: 200_000,
      event_bus: null,
      placeholders: new Map(),
    });
  });

  it("says everything else too", () => {
    const EVENT_BUS_ARN = "arn:aws:events:eu-west-1:123456789012:event-bus/runs";
    const more = { DB_PORT: "5433", DB_OWNER_ROLE: "owner", HISTORY_SCHEMA: "ops", BUNDLE_NAME: "orders" };
    const iam = { DB_AUTH: "iam", DB_USER: "job", DB_SECRET_ARN: "" };
    expect(
      readFunctionSettings({ ...GOOD, ...more, ...iam, EVENT_BUS_ARN, REPORT_MAX_BYTES: "50000" }),
    ).toMatchObject({
      port: 5433,
      owner_role: "owner",
      history_schema: "ops",
      bundle: "orders",
      auth: { kind: "iam", user: "job" },
      report_max_bytes: 50_000,
      event_bus: EVENT_BUS_ARN,
    });
  });

  it("every fault is told at once", () => {
    const all = messages(Object.fromEntries(Object.keys(GOOD).map((name) => [name, ""])));
    expect(all.map((message) => message.split(" ")[0])).toEqual([
      "DB_HOST",
      "AWS_REGION",
      "PAWS_TARGET",
      "DB_NAME",
      "DB_AUTH",
      "BUNDLE_BUCKET",
    ]);
  });

  it.each<[string, Environment, RegExp]>([
    ["a port that is none", { DB_PORT: "0" }, /^DB_PORT is "0"; wanted a whole number from 1 to 65535/],
    ["several hosts", { DB_HOST: "a,b" }, /^DB_HOST is "a,b"/],
    ["a socket", { DB_HOST: "/run/postgresql" }, /^DB_HOST/],
    ["a proxy of RDS", { DB_HOST: "orders.proxy-abc.eu-west-1.rds.amazonaws.com" }, /^DB_HOST/],
    ["another way to log in", { DB_AUTH: "password" }, /^DB_AUTH is "password"; wanted `secret` or `iam`/],
    ["a secret's name", { DB_SECRET_ARN: "app/job" }, /^DB_SECRET_ARN .* wanted a secret's ARN/],
    ["iam without a login", { DB_AUTH: "iam", DB_SECRET_ARN: "" }, /^DB_USER is not set/],
    ["both ways", { DB_AUTH: "iam", DB_USER: "job" }, /^DB_SECRET_ARN is set, but with DB_AUTH=iam/],
    ["a login beside the secret", { DB_USER: "job" }, /^DB_USER is set, but with DB_AUTH=secret/],
    ["the server's own schema", { HISTORY_SCHEMA: "pg_catalog" }, /^HISTORY_SCHEMA/],
    ["a name that is too long", { DB_OWNER_ROLE: "ö".repeat(32) }, /^DB_OWNER_ROLE/],
    ["a report of nothing", { REPORT_MAX_BYTES: "9" }, /^REPORT_MAX_BYTES/],
    ["a bus that is none", { EVENT_BUS_ARN: "default" }, /^EVENT_BUS_ARN/],
    ["a bucket that is none", { BUNDLE_BUCKET: "S3://x" }, /^BUNDLE_BUCKET/],
    ["a bundle that is none", { BUNDLE_NAME: "../x" }, /^BUNDLE_NAME/],
    [
      "a file that is not there",
      { DB_CA_FILE: "gone.pem" },
      /^DB_CA_FILE names gone\.pem, which cannot be read \(ENOENT\)/,
    ],
    [
      "a file without a certificate",
      { DB_CA_FILE: "empty.pem" },
      /^DB_CA_FILE names empty\.pem, which holds no certificate/,
    ],
  ])("%s", (_, more, says) => {
    const [message, ...others] = messages(more);
    expect(message).toMatch(says);
    expect(others).toEqual([]);
  });

  it("a password in it is refused, and not told", () => {
    const all = messages({ DB_PASSWORD: "pl4nted", DATABASE_URL: "postgresql://u:pl4nted@h/d" });
    expect(all).toHaveLength(2);
    expect(all.join()).not.toContain("pl4nted");
  });

  it("a region without a root that is shipped says what to do", () => {
    const [fault] = faultsOf(() =>
      readFunctionSettings({ ...GOOD, DB_HOST: "x.abc.us-gov-west-1.rds.amazonaws.com" }),
    );
    expect(fault).toMatchObject({
      code: "bad-configuration",
      message: expect.stringContaining("none of RDS in us-gov-west-1"),
      remedy: expect.stringMatching(/us-gov-west-1-bundle\.pem.*DB_CA_FILE/),
    });
  });

  it("a file of one's own serves any region", () => {
    const { ca } = readFunctionSettings(GOOD);
    writeFileSync(join(folder, "own.pem"), ca);
    expect(
      readFunctionSettings({
        ...GOOD,
        AWS_REGION: "xx-nowhere-1",
        DB_HOST: "db.internal",
        DB_CA_FILE: "own.pem",
      }),
    ).toMatchObject({ ca, region: "xx-nowhere-1" });
  });
});
