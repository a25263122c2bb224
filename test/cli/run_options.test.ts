import { expect, it } from "vitest";
import { MigrationFault } from "#engine/errors.ts";
import type { CommonOptions } from "../../cli/options.ts";
import { readRunOptions } from "../../cli/run_options.ts";

const read = (options: Partial<CommonOptions>) => readRunOptions({ color: true, ...options }, {});

function messages(options: Partial<CommonOptions>): readonly string[] {
  try {
    read(options);
  } catch (error) {
    if (error instanceof MigrationFault)
      return error.faults.map(({ code, message }) => `${code}: ${message}`);
  }
  return [];
}

it("has the defaults of the contract", () => {
  expect(read({})).toMatchObject({
    run: {
      run_id: null,
      reason: null,
      history_schema: "public",
      lock_wait_ms: 30_000,
      retry_for_ms: 300_000,
      max_lock_hold_ms: null,
      timeout_ms: null,
      silence_ms: 10_000,
      role: null,
      strict: false,
      allow_session_pooler: false,
      expected_plan: null,
    },
    limits: { statement_timeout_ms: 0, allow_session_pooler: false },
    wait_ms: 0,
  });
  expect(read({}).run.requested_by).toMatch(/^[^@]+@[^@]+$/);
});

it("lets the server end what a dead job left running, a little after the deadline", () => {
  expect(read({ timeout: "1m" }).limits.statement_timeout_ms).toBe(75_000);
  expect(read({ timeout: "1m", statementTimeout: "5s" }).limits.statement_timeout_ms).toBe(5_000);
  expect(read({ timeout: "0" }).limits.statement_timeout_ms).toBe(0);
});

it.each([
  ["200ms", 200],
  ["30s", 30_000],
  ["5m", 300_000],
  ["1.5 m", 90_000],
  ["5min", 300_000],
  ["1h", 3_600_000],
  ["0", 0],
  ["0s", 0],
])("reads the time %s", (text, ms) => {
  expect(read({ lockWait: text }).run.lock_wait_ms).toBe(ms);
  expect(read({ wait: text }).wait_ms).toBe(ms);
});

it.each(["", "5", "-1s", "5x", "m", "1e3s", "30d", "half"])("refuses the time %j", (text) => {
  expect(messages({ retryFor: text })).toEqual([
    `bad-argument: --retry-for is ${JSON.stringify(text)}; wanted a time such as 200ms, 30s, 5m or 1h.`,
  ]);
});

it.each(["pg_catalog", "pg_temp", "information_schema", "x".repeat(64), "é".repeat(32), ""])(
  "refuses the history schema %j",
  (historySchema) => {
    expect(messages({ historySchema })).toEqual([
      `bad-argument: --history-schema is ${JSON.stringify(historySchema)}; wanted a schema's name of at most 63 bytes that is not the server's own.`,
    ]);
  },
);

it("takes a history schema as it is spelled", () => {
  expect(read({ historySchema: "Ops é" }).run.history_schema).toBe("Ops é");
});

it("takes a timeout of 0 for none, as the server does", () => {
  expect(read({ timeout: "0" }).run.timeout_ms).toBeNull();
  expect(read({ timeout: "1m" }).run.timeout_ms).toBe(60_000);
});

it("bounds how long locks are held only where that is asked for", () => {
  expect(read({ maxLockHold: "0" }).run.max_lock_hold_ms).toBeNull();
  expect(read({ maxLockHold: "500ms" }).run.max_lock_hold_ms).toBe(500);
  expect(messages({ maxLockHold: "x" })).toEqual([
    `bad-argument: --max-lock-hold is "x"; wanted a time such as 200ms, 30s, 5m or 1h.`,
  ]);
});

it("names every option that cannot be used, at once", () => {
  const wrong = { timeout: "x", statementTimeout: "y", runId: "a b", role: "", historySchema: "" };
  expect(messages(wrong).map((message) => /--[a-z-]+/.exec(message)?.[0])).toEqual([
    "--timeout",
    "--run-id",
    "--history-schema",
    "--role",
    "--statement-timeout",
  ]);
  expect(messages({ runId: "x".repeat(65) })).toHaveLength(1);
  expect(read({ runId: "A.b_c:d-1" }).run.run_id).toBe("A.b_c:d-1");
});
