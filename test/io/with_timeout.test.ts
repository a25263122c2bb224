import { expect, it, onTestFinished } from "vitest";
import { withTimeout } from "#io/system.ts";
import { runChild } from "../support/child.ts";

it("ends after its time, also when the garbage collector came meanwhile", async () => {
  const child = runChild(
    `
    import { withTimeout } from "#io/system.ts";
    const interrupt = new AbortController();
    const signal = withTimeout(300, interrupt.signal);
    const collecting = setInterval(() => globalThis.gc(), 20);
    const giveUp = setTimeout(() => console.log("never"), 20_000);
    signal.addEventListener("abort", () => {
      console.log(signal.reason.name);
      clearInterval(collecting);
      clearTimeout(giveUp);
    });
  `,
    { flags: ["--expose-gc"] },
  );
  onTestFinished(async () => {
    child.process.kill();
    await child.exited;
  });
  expect(await child.line()).toBe("TimeoutError");
});

it("ends with the interrupt, and tells its reason", () => {
  const interrupt = new AbortController();
  const signal = withTimeout(60_000, interrupt.signal);
  expect(signal.aborted).toBe(false);
  interrupt.abort("SIGINT");
  expect(signal.reason).toBe("SIGINT");
});

it("holds up nobody who is done", async () => {
  const child = runChild(`
    import { withTimeout } from "#io/system.ts";
    withTimeout(60_000);
    console.log("done");
  `);
  expect(await child.line()).toBe("done");
  expect(await child.exited).toBe(0);
});
