import { existsSync } from "node:fs";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, expect, it } from "vitest";
import { installed, type Tool } from "./support/tool_cache.ts";

let cache = "";
beforeEach(async () => {
  cache = await mkdtemp(join(tmpdir(), "paws-migrate-tools-"));
});
afterEach(() => rm(cache, { recursive: true }));

const tool = (install: Tool["install"], pins: readonly string[] = ["a"]): Tool => ({
  name: "tool",
  version: "1.0",
  pins,
  install,
});

it("is installed once, by however many at once", async () => {
  let times = 0;
  const slow = tool(async (folder) => {
    times += 1;
    await sleep(300);
    await writeFile(join(folder, "program"), "x");
  });
  const folders = await Promise.all([1, 2, 3].map(() => installed(slow, cache)));
  expect(times).toBe(1);
  expect(new Set(folders).size).toBe(1);
  expect(await readFile(join(folders[0] ?? "", "program"), "utf8")).toBe("x");
  expect(await installed(slow, cache)).toBe(folders[0]);
  expect(times).toBe(1);
});

it("has no folder of its name before it is whole, and nothing is left of a failure", async () => {
  let seen: string[] = [];
  const broken = tool(async (folder) => {
    await writeFile(join(folder, "half"), "x");
    seen = (await readdir(cache)).filter((name) => !/\.(lock|new-\w+)$/.test(name));
    throw new Error("no network");
  });
  await expect(installed(broken, cache)).rejects.toThrow("no network");
  expect(seen).toEqual([]);
  expect(await readdir(cache)).toEqual([]);
});

it("is another installation where its pins are others", async () => {
  const nothing = () => Promise.resolve();
  expect(await installed(tool(nothing, ["a"]), cache)).not.toBe(await installed(tool(nothing, ["b"]), cache));
});

it("is not kept waiting by an installer that died", async () => {
  const nothing = () => Promise.resolve();
  const folder = await installed(tool(nothing), cache);
  await rm(folder, { recursive: true });
  // No process has that id: it is above the kernel's highest.
  await writeFile(`${folder}.lock`, "99999999");
  await installed(tool(nothing), cache);
  expect(existsSync(folder)).toBe(true);
  expect(await readdir(cache)).toHaveLength(1);
});
