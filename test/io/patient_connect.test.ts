import { expect, it } from "vitest";
import { fault, MigrationFault } from "#engine/errors.ts";
import type { Session } from "#engine/seam.ts";
import { connectPatiently, type Patience, patientAtFirst } from "#io/patient_connect.ts";

const session = { destroyed: false } as unknown as Session & { destroyed: boolean };
const starting = new MigrationFault(fault("connection-refused", "starting up", { sqlstate: "57P03" }));
const silent = new MigrationFault(fault("unreachable", "nothing listens"));
const wrong = new MigrationFault(fault("wrong-password", "no", { sqlstate: "28P01" }));

/** A clock that only sleeping moves. */
function patience(wait_ms: number, interrupt = new AbortController().signal) {
  const told: string[] = [];
  let now = 0;
  const given: Patience = {
    wait_ms,
    interrupt,
    clock: { monotonic_ms: () => now, now: () => new Date(now) },
    sleep: async (ms) => {
      now += ms;
    },
    waiting: (reason) => told.push(reason),
  };
  return { given, told, now: () => now };
}

/** Fails in this order, then opens. */
function opener(...faults: readonly MigrationFault[]) {
  const left = [...faults];
  return async () => {
    const next = left.shift();
    if (next !== undefined) throw next;
    return session;
  };
}

it("tries again while the server is away or starting, and tells it once", async () => {
  const { given, told } = patience(60_000);
  expect(await connectPatiently(opener(silent, starting, starting), given)).toBe(session);
  expect(told).toEqual(["nothing listens"]);
});

it("does not wait unless asked to", async () => {
  const { given, told } = patience(0);
  await expect(connectPatiently(opener(silent), given)).rejects.toBe(silent);
  expect(told).toEqual([]);
});

it("ends with the last fault when the time is over", async () => {
  const { given, now } = patience(1_700);
  await expect(
    connectPatiently(opener(silent, silent, silent, silent, starting, silent), given),
  ).rejects.toBe(starting);
  expect(now()).toBe(1_700);
});

it("does not wait for what time will not change", async () => {
  const { given, now } = patience(60_000);
  await expect(connectPatiently(opener(wrong), given)).rejects.toBe(wrong);
  expect(now()).toBe(0);
});

it("leaves at once when the interrupt comes, and drops a connection that comes too late", async () => {
  const controller = new AbortController();
  const { given } = patience(60_000, controller.signal);
  let open: (session: Session) => void = () => {};
  let destroyed = false;
  const late = { destroy: () => (destroyed = true) } as unknown as Session;
  const opening = connectPatiently(() => new Promise((resolve) => (open = resolve)), given);
  controller.abort("SIGTERM");
  await expect(opening).rejects.toMatchObject({ faults: [{ code: "interrupted", message: /SIGTERM/ }] });
  open(late);
  await new Promise((resolve) => setImmediate(resolve));
  expect(destroyed).toBe(true);
  await expect(connectPatiently(opener(), given)).rejects.toMatchObject({
    faults: [{ code: "interrupted" }],
  });
});

it("once there was a session, another one is neither waited for nor stopped by the interrupt", async () => {
  const controller = new AbortController();
  const { given, now } = patience(60_000, controller.signal);
  const connect = patientAtFirst(opener(starting, silent), given);
  await connect("first").then((first) => expect(first).toBe(session));
  const waited_ms = now();
  expect(waited_ms).toBeGreaterThan(0);
  controller.abort("SIGINT");
  expect(await connect("second")).toBe(session);
  expect(now()).toBe(waited_ms);
});

it("the first one is stopped by the interrupt", async () => {
  const { given } = patience(60_000, AbortSignal.abort("SIGINT"));
  await expect(patientAtFirst(opener(), given)("first")).rejects.toThrow("SIGINT came");
});
