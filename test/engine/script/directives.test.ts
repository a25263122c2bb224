import { describe, expect, test } from "vitest";
import { readDirectives } from "#engine/script/script.ts";
import { accepted } from "../../support/read_script.ts";

const none = { no_transaction: false, irreversible: null, lock_timeout_ms: null, statement_timeout_ms: null };
const readAll = (text: string) => readDirectives({ path: "1_a.sql", text });
const faults = (text: string) =>
  readAll(text).faults.map((fault) => `${fault.line}:${fault.column} ${fault.code}`);

test("none", () => {
  expect(readAll("-- Migration: a\n-- migrated: b\nSELECT 1;")).toEqual({ directives: none, faults: [] });
  expect(readAll("")).toEqual({ directives: none, faults: [] });
});

test("all of them, among other comments and psql's commands", () => {
  const text = `
    -- Migration: a
    /* -- migrate: nonsense
    */ -- migrate: no-transaction
    \\restrict abc
    --migrate:irreversible  drops the old grades \r
    -- migrate: lock-timeout 1500 ms
    -- migrate: statement-timeout 1.5min
    SELECT 1;`;
  expect(readAll(text)).toEqual({
    directives: {
      no_transaction: true,
      irreversible: "drops the old grades",
      lock_timeout_ms: 1500,
      statement_timeout_ms: 90_000,
    },
    faults: [],
  });
});

describe("faults, each at its comment", () => {
  test.each([
    ["-- migrate: no-transactions", "1:1 directive-unknown"],
    ["-- migrate:", "1:1 directive-unknown"],
    ["-- a\n  -- migrate: no-transaction\n-- migrate: no-transaction", "3:1 directive-repeated"],
    ["-- migrate: lock-timeout 1s\n-- migrate: lock-timeout 2s", "2:1 directive-repeated"],
    ["-- migrate: no-transaction please", "1:1 directive-invalid"],
    ["-- migrate: irreversible", "1:1 directive-invalid"],
    ["-- migrate: lock-timeout", "1:1 directive-invalid"],
    ["-- migrate: lock-timeout 5", "1:1 directive-invalid"],
    ["-- migrate: lock-timeout 0s", "1:1 directive-invalid"],
    ["-- migrate: lock-timeout -5s", "1:1 directive-invalid"],
    ["-- migrate: statement-timeout 99d", "1:1 directive-invalid"],
    ["SELECT 1;\r\n-- migrate: no-transaction\r\n", "2:1 directive-late"],
    ["SELECT 1; -- migrate: nonsense", "1:11 directive-late"],
    ["SET a.b = 1;\n-- MIGRATE: lock-timeout 1s", "2:1 directive-late"],
  ])("%j", (text, fault) => {
    expect(faults(text)).toEqual([fault]);
  });

  test("all of them at once", () => {
    expect(faults("-- migrate: a\n-- migrate: lock-timeout 1x\nSELECT 1;\n-- migrate: b")).toEqual([
      "1:1 directive-unknown",
      "2:1 directive-invalid",
      "4:1 directive-late",
    ]);
  });

  test.each([
    "SELECT '\n-- migrate: no-transaction\n';",
    "DO $$\n-- migrate: no-transaction\n$$;",
    "SELECT 1; /*\n-- migrate: no-transaction\n*/",
    "SELECT 1; /* migrate: a */ SELECT '-- migrate: b';",
  ])("none in %j", (text) => {
    expect(faults(text)).toEqual([]);
  });
});

describe("a file's own SET counts as the directive, and stays", () => {
  test.each([
    ["SET lock_timeout = '5s'; SELECT 1", 5000, null],
    ["SET LOCAL lock_timeout TO 750; SELECT 1", 750, null],
    ["SELECT set_config('statement_timeout', '10min', true)", null, 600_000],
    ["SET statement_timeout = 0", null, 0],
    ["SET lock_timeout = '1s'; SET lock_timeout = '2s'", 1000, null],
    ["-- migrate: lock-timeout 3s\nSET lock_timeout = '1s'", 3000, null],
    ["RESET lock_timeout; SET lock_timeout = DEFAULT", null, null],
  ])("%s", (text, lock_timeout_ms, statement_timeout_ms) => {
    const script = accepted(text);
    expect(script.directives).toMatchObject({ lock_timeout_ms, statement_timeout_ms });
    expect(script.statements).toHaveLength(text.split(";").length);
  });
});
