import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { ERROR_CODES, type ErrorCode } from "#engine/error_codes.ts";
import { EXIT_STATUS, errorName, type Status } from "#engine/status.ts";
import { failureOf, failureOfFaults } from "#io/lambda/failure.ts";
import { sampleFault } from "../../support/sample_reports.ts";

const PLANTED = "4929-1234-5678-9012";
const unique = sampleFault("sql-error", `duplicate key value ${PLANTED}`, {
  file: "003_cards.sql",
  line: 7,
  column: 3,
  sqlstate: "23505",
  excerpt: `INSERT INTO cards VALUES ('${PLANTED}')`,
  detail: `Key (number)=(${PLANTED}) already exists.`,
  hint: PLANTED,
  where: PLANTED,
});

describe("the error of a failed run", () => {
  const failure = failureOf("release-42", "failed", [unique]);

  it("says the run, the code, the SQLSTATE, the place and what to do, on one line", () => {
    expect(failure.name).toBe("MigrationFailed");
    expect(failure.message).toBe(
      "run release-42: sql-error: SQLSTATE 23505, 003_cards.sql:7: Correct the SQL at the place shown; nothing of this step was kept.",
    );
  });

  it("has nothing else: no property, no cause, no stack but its name and message", () => {
    expect(Object.keys(failure)).toEqual([]);
    expect(JSON.stringify(failure)).toBe("{}");
    expect(failure.cause).toBeUndefined();
    expect(failure.stack).toBe(`MigrationFailed: ${failure.message}`);
    expect(inspect(failure, { depth: 9, showHidden: true })).not.toContain(PLANTED);
  });
});

it.each(Object.keys(EXIT_STATUS).filter((status) => status !== "ok") as Exclude<Status, "ok">[])(
  "%s has a name of its own",
  (status) => {
    expect(failureOf("r", status, []).name).toBe(errorName(status));
  },
);

const codes = Object.keys(ERROR_CODES) as ErrorCode[];
it.each(codes)("%s: what a server said of it is not told", (code) => {
  for (const quoted of [{ sqlstate: "P0001" }, { excerpt: PLANTED }, { where: PLANTED }, { hint: PLANTED }]) {
    const { message } = failureOfFaults("r", [sampleFault(code, PLANTED, { detail: PLANTED, ...quoted })]);
    expect(message).not.toContain(PLANTED);
    expect(message).toContain(`run r: ${code}: `);
  }
});

it("what a failed check or a crash says is not told, in whatever field", () => {
  for (const code of ["check-failed", "internal", "unknown-commit", "connection-lost"] as const) {
    expect(failureOfFaults("r", [sampleFault(code, PLANTED)]).message).not.toContain(PLANTED);
  }
});

it("our own words are told, and every fault", () => {
  const faults = [
    sampleFault("out-of-order", "003_x.sql is not applied."),
    sampleFault("not-applied", "5."),
  ] as const;
  const { name, message } = failureOfFaults("r", faults);
  expect(name).toBe("MigrationRefused");
  expect(message).toBe("run r: out-of-order: 003_x.sql is not applied.; not-applied: 5.");
});

it("it is one line of at most 2 kB, whatever a file is called", () => {
  const odd = sampleFault("no-version", `a\nb\u2028c\u202ed\r\u001b[31m ${"ä🐾".repeat(5_000)}`, {
    file: "x\ny",
  });
  const { message } = failureOfFaults("r", [odd]);
  expect(message).toMatch(/^run r: no-version: x y: a b c d \[31m ä🐾/);
  expect(message).not.toMatch(/[\p{Cc}\p{Cf}\u2028\ufffd]/u);
  const bytes = Buffer.byteLength(message);
  expect(bytes).toBeLessThanOrEqual(2_000);
  expect(bytes).toBeGreaterThan(1_980);
});
