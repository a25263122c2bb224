import { describe, expect, it } from "vitest";
import { MigrationFault } from "#engine/errors.ts";
import { readApplyEvent } from "#io/lambda/apply_event.ts";
import { readRollbackEvent } from "#io/lambda/rollback_event.ts";
import { readStatusEvent } from "#io/lambda/status_event.ts";
import { readVerifyEvent } from "#io/lambda/verify_event.ts";

const TARGET = "orders";
const apply = (event: unknown) => readApplyEvent(event, TARGET);
const rollback = (event: unknown) => readRollbackEvent(event, TARGET);

/** The messages of what reading it throws. */
function faultsOf(read: () => unknown): readonly string[] {
  try {
    read();
  } catch (error) {
    if (!(error instanceof MigrationFault)) throw error;
    expect(error.status).toBe("bad_input");
    return error.faults.map(({ code, message }) => `${code}: ${message}`);
  }
  return [];
}

it("nothing asked is everything by default", () => {
  expect(apply({})).toEqual({
    request: { command: "up", target: { to: "latest" }, allow_out_of_order: false },
    dry_run: false,
    expected_plan: null,
    record_consolidated: false,
    count: [],
    common: expect.objectContaining({
      bundle: { version: "latest" },
      lock_wait: 30_000,
      retry_for: 300_000,
      max_lock_hold: 0,
      wait: 0,
      strict: false,
      on_incomplete: "throw",
    }),
  });
  const request = { command: "rollback", target: { remove: "steps", steps: 1 }, verify: "last" };
  expect(rollback({}).request).toEqual(request);
  expect(readVerifyEvent({}, TARGET).request).toEqual({
    command: "verify",
    versions: [],
    integrity: false,
  });
  expect(readVerifyEvent({ integrity: true }, TARGET).request).toMatchObject({ integrity: true });
  expect(readStatusEvent({}, TARGET).run_id).toBeNull();
});

it("all that may be asked is taken", () => {
  const sha = "AB".repeat(32);
  const all = {
    run_id: "release-42:db.1_x",
    target: TARGET,
    bundle: { name: "orders", version: "1.2", version_id: "v", archive_sha256: sha, digest: sha },
    reason: "because\n\tof 4711 \u{1f600}",
    requested_by: "alice",
    lock_wait: "200ms",
    retry_for: "1.5h",
    max_lock_hold: "2 s",
    wait: "5m",
    strict: true,
    on_incomplete: "return",
    allow_out_of_order: true,
    dry_run: false,
    expected_plan: sha,
    steps: 3,
    count: ["app.orders", '"App"."Old stock"'],
  };
  const { common, ...change } = apply(all);
  expect(change).toEqual({
    request: { command: "up", target: { to: "steps", steps: 3 }, allow_out_of_order: true },
    record_consolidated: false,
    dry_run: false,
    expected_plan: sha.toLowerCase(),
    count: ["app.orders", '"App"."Old stock"'],
  });
  expect(common).toMatchObject({ lock_wait: 200, retry_for: 5_400_000, max_lock_hold: 2_000, wait: 300_000 });
  expect(common.bundle.digest).toBe(sha.toLowerCase());
});

it.each<[unknown, unknown]>([
  [{ to: "005" }, { remove: "above", version: 5n }],
  [{ to: "0" }, { remove: "above", version: 0n }],
  [{ from: "20250102_120000" }, { remove: "from", version: 20250102120000n }],
  [{ from: "20250713" }, { remove: "from", version: 20250713000000n }],
  [{ from: "30250713" }, { remove: "from", version: 30250713n }],
  [{ steps: 2 }, { remove: "steps", steps: 2 }],
])("a rollback of %j", (event, target) => {
  expect(rollback(event).request.target).toEqual(target);
});

it("versions to verify, and the run that status is asked for", () => {
  expect(readVerifyEvent({ versions: ["001", "7"] }, TARGET).request.versions).toEqual([1n, 7n]);
  expect(readStatusEvent({ run_id: "r" }, TARGET).run_id).toBe("r");
});

const VERSION = "a version as its file spells it, as text: `5`, `005`, `20250102_120000`";
const WAIT = "a time such as 200ms, 30s, 5m or 1h";
describe.each<[string, Record<string, unknown>, string]>([
  ["a version that is a number", { to: 5 }, `to is 5; wanted ${VERSION}.`],
  ["no real date", { to: "20251399" }, `to is "20251399"; wanted ${VERSION}.`],
  ["19 digits", { to: "1234567890123456789" }, `to is "1234567890123456789"; wanted ${VERSION}.`],
  ["a version with a sign", { to: "-5" }, `to is "-5"; wanted ${VERSION}.`],
  ["SQL", { to: "5; DROP TABLE x" }, `to is "5; DROP TABLE x"; wanted ${VERSION}.`],
  ["a time without a unit", { lock_wait: "30" }, `lock_wait is "30"; wanted ${WAIT}.`],
  ["a time that is a number", { wait: 30 }, `wait is 30; wanted ${WAIT}.`],
  ["steps 0", { steps: 0 }, "steps is 0; wanted a whole number from 1."],
  ["half a step", { steps: 1.5 }, "steps is 1.5; wanted a whole number from 1."],
  [
    "more steps than there are numbers",
    JSON.parse('{"steps": 1e400}'),
    "steps is Infinity; wanted a whole number from 1.",
  ],
  [
    "half a character in a reason",
    { reason: "a\ud800" },
    'reason is "a\\ud800"; wanted text of at most 1000 characters, without control characters.',
  ],
  [
    "half a character in a key",
    { bundle: { key: "\udc00" } },
    'bundle.key is "\\udc00"; wanted 1 to 1024 characters, none of them a control character.',
  ],
  ["steps as text", { steps: "1" }, 'steps is "1"; wanted a whole number from 1.'],
  ["null", { strict: null }, "strict is null; wanted true or false."],
  [
    "a run id with a space",
    { run_id: "a b" },
    'run_id is "a b"; wanted 1 to 64 letters, digits, `.`, `_`, `:` or `-`.',
  ],
  ["an unknown field", { to_: "5" }, "to_ is no field of this event."],
  ["a field that every object has", { constructor: 1 }, "constructor is no field of this event."],
  ["a prototype", JSON.parse('{"__proto__": {"strict": true}}'), "__proto__ is no field of this event."],
  ["a field with a line in it", { "a\nb": 1 }, '"a\\nb" is no field of this event.'],
  ["an unknown field of the bundle", { bundle: { sha: "" } }, "bundle.sha is no field of this event."],
  ["a bundle that is a list", { bundle: [] }, "bundle is a list; wanted an object."],
  [
    "half a digest",
    { bundle: { digest: "ab" } },
    'bundle.digest is "ab"; wanted a sha256 as 64 digits and letters a to f.',
  ],
  ["two ways to say where to", { to: "5", steps: 1 }, "to and steps exclude each other; give one of them."],
  [
    "a plan to hold a plan against",
    { dry_run: true, expected_plan: "0".repeat(64) },
    "dry_run and expected_plan exclude each other; give one of them.",
  ],
  ["tables to count, one of them none", { count: ["a"] }, 'count.0 is "a"; wanted SCHEMA.TABLE.'],
  ["a table to count", { count: "a.b" }, 'count is "a.b"; wanted a list of tables, `SCHEMA.TABLE`.'],
  [
    "a NUL in a reason",
    { reason: "a\0b" },
    'reason is "a\\u0000b"; wanted text of at most 1000 characters, without control characters.',
  ],
  ["what to do", { on_incomplete: "loop" }, 'on_incomplete is "loop"; wanted `throw` or `return`.'],
])("%s", (_, event, message) => {
  it("is refused in these words", () => {
    expect(faultsOf(() => apply(event))).toEqual([`bad-event: ${message}`]);
  });
});

it("every fault is told, and long values are cut", () => {
  const event = { stesp: 1, to: 5, run_id: "x".repeat(900), target: "billing", bundle: { key: 1, nam: 2 } };
  const told = faultsOf(() => apply(event));
  expect(told.map((line) => line.split(" is ")[0])).toEqual([
    "bad-event: stesp",
    "bad-event: bundle.nam",
    "bad-event: run_id",
    "bad-event: bundle.key",
    "bad-event: to",
    "wrong-target: The event",
  ]);
  expect(told.at(-1)).toBe(
    'wrong-target: The event is for "billing", and this function\'s target is "orders".',
  );
  expect(Math.max(...told.map(({ length }) => length))).toBeLessThan(200);
});

it("each event has its own fields", () => {
  expect(faultsOf(() => apply({ from: "5", verify: "all", versions: [] }))).toHaveLength(3);
  expect(faultsOf(() => rollback({ allow_out_of_order: true }))).toHaveLength(1);
  expect(faultsOf(() => readVerifyEvent({ dry_run: true }, TARGET))).toHaveLength(1);
  expect(faultsOf(() => readVerifyEvent({ versions: ["1", 2] }, TARGET))).toEqual([
    `bad-event: versions.1 is 2; wanted ${VERSION}.`,
  ]);
  expect(faultsOf(() => readStatusEvent({ run_id: "r", bundle: {} }, TARGET))).toHaveLength(1);
});

describe("what is no event at all", () => {
  it.each([null, undefined, 5, "{}", [], [{}]])("%j", (event) => {
    expect(faultsOf(() => apply(event))).toHaveLength(1);
  });

  it("too long: to the byte, umlauts twice, lists and keys too", () => {
    const event = (length: number) => ({ reason: "ä".repeat(length) });
    const over = JSON.stringify(event(0)).length;
    const most = (65_536 - over) / 2;
    expect(faultsOf(() => apply(event(Math.floor(most))))[0]).toContain("reason is");
    expect(faultsOf(() => apply(event(Math.floor(most) + 1)))).toEqual([
      "bad-event: The event has more than 65536 bytes.",
    ]);
    const long = "bad-event: The event has more than 65536 bytes.";
    expect(faultsOf(() => apply({ versions: Array(70_000).fill(1) }))).toEqual([long]);
    expect(faultsOf(() => apply({ ["k".repeat(70_000)]: 1 }))).toEqual([long]);
    // Each is three units, and JSON spends eighteen on it.
    expect(faultsOf(() => apply({ reason: "\u0001".repeat(20_000) }))).toEqual([long]);
  });

  it("too deep: nothing goes to the bottom of it", () => {
    let deep: unknown = 1;
    for (let i = 0; i < 200_000; i += 1) deep = i % 2 === 0 ? { a: deep } : [deep];
    expect(faultsOf(() => apply({ bundle: deep }))).toEqual([
      "bad-event: The event is nested deeper than 8.",
    ]);
  });
});
