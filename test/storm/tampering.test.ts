import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { bundleOf, rollback, run, UP } from "../support/engine.ts";
import { EVENT_TRIGGER, PASSES_READ_ONLY, TOOLS, tamperings, WAYS } from "./tampering_corpus.ts";
import {
  expectStillWorking,
  openTamperer,
  type Tamperer,
  tamper,
  tamperByRollback,
  tamperByVerification,
} from "./tampering_try.ts";

// The reading of a file refuses the plain ones; the guards must see all of them by themselves.
vi.mock("#engine/script/script.ts", async (original) => ({
  ...(await original<typeof import("#engine/script/script.ts")>()),
  readScript: (await import("../engine/step/unchecked_script.ts")).uncheckedScript,
}));

const SOMEBODY = "pg_monitor";
const corpus = tamperings("ops", SOMEBODY, "public");
let tamperer: Tamperer;
beforeAll(async () => {
  tamperer = await openTamperer(
    "tampering",
    async () => ({ role: null, options: { history_schema: "ops" } }),
    {
      "001_tools.sql": TOOLS,
    },
  );
  await tamperer.client.query(EVENT_TRIGGER);
});
afterAll(() => tamperer.db.drop());

/** Guards look at what was touched; where the history cannot even be written any more, its own INSERT fails. */
const CAUGHT = /^(own-tables-touched|history-write-refused)$/;

/** Each statement one way, and the first one every way. */
const cases = corpus.flatMap(({ sql }, i) =>
  WAYS.flatMap(([way, wrap], j) =>
    i === 0 || i % WAYS.length === j ? [[way, sql, wrap(sql)] as const] : [],
  ),
);

describe("a migration, as superuser", () => {
  it.each(cases)("by %s: %s", async (_way, _sql, script) => {
    const error = await tamper(tamperer, script);
    expect(error?.code, error?.message).toMatch(CAUGHT);
  });
});

describe("a rollback, as superuser", () => {
  it.each(corpus.filter((_, i) => i % 5 === 1))("$sql", async ({ sql }) => {
    const error = await tamperByRollback(tamperer, sql);
    expect(error?.code, error?.message).toMatch(CAUGHT);
  });
});

describe("a verification, as superuser", () => {
  it.each(corpus.filter(({ sql }, i) => i % 5 === 2 && !PASSES_READ_ONLY.test(sql)))(
    "$sql",
    async ({ sql }) => {
      const error = await tamperByVerification(tamperer, `SELECT 'PASS' AS status; ${sql}`);
      expect(error?.code, error?.message).toMatch(
        /^(verification-wrote|verification-error|own-tables-touched)$/,
      );
    },
  );
});

it("an ANALYZE of every table is no tampering", async () => {
  const { db, applied, options } = tamperer;
  const files = { ...applied, "900_analyze.sql": "ANALYZE", "rollback/900_rollback.sql": "ANALYZE VERBOSE" };
  for (const request of [UP, rollback(1)]) {
    expect((await run(db, bundleOf(files), request, options)).error).toBeNull();
  }
  // What was recorded meanwhile is no part of what follows.
  tamperer.seen.length = 0;
  const error = await tamper(tamperer, `ANALYZE; DO $$ BEGIN LOCK TABLE ops.schema_migrations; END $$`);
  expect(error?.code).toBe("own-tables-touched");
});

it("goes on after each of them", () => expectStillWorking(tamperer));
