import { once } from "node:events";
import { createServer } from "node:net";
import { expect, it, onTestFinished, vi } from "vitest";
import { freePort } from "#io/embedded/free_port.ts";

const drawn = vi.hoisted(() => ({ ports: [] as number[] }));
vi.mock("node:crypto", async (original) => {
  const real = await original<typeof import("node:crypto")>();
  const randomInt = (low: number, high: number) => drawn.ports.shift() ?? real.randomInt(low, high);
  return { ...real, randomInt };
});

it("is below what systems give away, and nobody listens on it", async () => {
  const taken = createServer().listen(await freePort(), "127.0.0.1");
  await once(taken, "listening");
  onTestFinished(() => void taken.close());
  const at = taken.address();
  const port = at !== null && typeof at === "object" ? at.port : 0;
  expect(port).toBeLessThan(32_768);
  drawn.ports = [port];
  expect(await freePort()).not.toBe(port);
  expect(drawn.ports).toEqual([]);
});
