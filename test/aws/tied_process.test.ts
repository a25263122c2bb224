import { existsSync } from "node:fs";
import { mkdtemp, readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { runChild } from "../support/child.ts";
import { isAlive } from "./support/alive.ts";
import { startTied } from "./support/tied_process.ts";

/** A program that has a child, and says both process ids. */
const PARENT = "sleep 600 & echo $$ $!; wait";

/** SIGTERM does not end it. */
const STUBBORN = `trap '' TERM; ${PARENT}; wait`;

const folderOf = () => mkdtemp(join(tmpdir(), "paws-migrate-tied-"));

it("ends with its children, and its folder with it", async () => {
  const folder = await folderOf();
  const tied = startTied("sh", ["-c", STUBBORN], {
    folder,
    log_file: join(folder, "log"),
    env: { PATH: process.env.PATH ?? "" },
  });
  const pids = await pidsIn(join(folder, "log"));
  await tied.stop();
  await expect.poll(() => pids.filter(isAlive)).toEqual([]);
  expect(existsSync(folder)).toBe(false);
});

it("ends also where its owner is killed", async () => {
  const folder = await folderOf();
  const log_file = join(folder, "log");
  const options = { folder, log_file, env: { PATH: process.env.PATH ?? "" } };
  const owner = runChild(`
    import { startTied } from "./test/aws/support/tied_process.ts";
    startTied("sh", ["-c", ${JSON.stringify(PARENT)}], ${JSON.stringify(options)});
    console.log("started");
    setInterval(() => {}, 1000);
  `);
  await owner.line();
  const pids = await pidsIn(log_file);
  owner.process.kill("SIGKILL");
  await expect.poll(() => pids.filter(isAlive)).toEqual([]);
  await expect.poll(() => existsSync(folder)).toBe(false);
});

it("says what it said, where it ends by itself", async () => {
  const folder = await folderOf();
  const tied = startTied("sh", ["-c", "echo no such service >&2; exit 3"], {
    folder,
    log_file: join(folder, "log"),
    env: { PATH: process.env.PATH ?? "" },
  });
  expect(await tied.ended).toBe("no such service");
  await tied.stop();
});

async function pidsIn(file: string): Promise<number[]> {
  let pids: number[] = [];
  await expect
    .poll(async () => {
      pids = (await readFile(file, "utf8")).trim().split(" ").map(Number);
      return pids.length;
    })
    .toBe(2);
  return pids;
}
