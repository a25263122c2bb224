import { chmodSync, readFileSync, rmSync } from "node:fs";
import { mkdtemp, readdir } from "node:fs/promises";
import { join } from "node:path";
import pg from "pg";
import { afterEach, beforeEach, expect, it } from "vitest";
import { runLockKey } from "#engine/run/lock_keys.ts";
import { openTemporaryFolder } from "#io/embedded/account.ts";
import { useProgram } from "../support/terminal.ts";

const program = useProgram();
let cwd: string;

beforeEach(async () => {
  cwd = await mkdtemp(join(await openTemporaryFolder(), "paws-migrate-demo-"));
  // Where the server's user cannot enter, the server lives elsewhere.
  chmodSync(cwd, 0o755);
});
afterEach(async () => {
  await program.run(["demo", "--stop"], { cwd });
  rmSync(cwd, { recursive: true, force: true });
});

const SCENES = [
  "$ paws-migrate up\n",
  "7 applied",
  "$ paws-migrate status\n",
  "Current Version: 7",
  "$ paws-migrate rollback\n",
  "1 rolled back",
  "1 applied",
  "$ npm run seed\n",
];

/** The shell variables of the file that the demo names. */
function variables(stdout: string): Record<string, string> {
  const file = /\. (\S+demo\.env)/.exec(stdout)?.[1] ?? "";
  const lines = readFileSync(join(file.startsWith("/") ? "/" : cwd, file), "utf8").matchAll(
    /^export (\w+)='(.*)'$/gm,
  );
  return Object.fromEntries([...lines].map(([, name, value]) => [name, value]));
}

const connectionOf = (env: Record<string, string>): pg.ClientConfig => ({
  host: env.DB_HOST,
  port: Number(env.DB_PORT),
  user: env.DB_USER,
  password: env.DB_PASSWORD,
  database: env.DB_NAME,
});

it("does the whole story, leaves nothing behind, and says how to keep it", async () => {
  const { status, stdout } = await program.run(["demo"], { cwd });
  expect(status).toBe(0);
  let at = 0;
  for (const scene of SCENES) {
    expect(stdout.indexOf(scene, at), scene).toBeGreaterThanOrEqual(at);
    at = stdout.indexOf(scene, at);
  }
  expect(stdout).toMatch(/03_enrollments\.sql +\d+ new rows/);
  expect(stdout).toContain("paws-migrate demo --keep");
  expect(await readdir(cwd)).toEqual([]);
});

it("--keep leaves it running for other verbs and for a second demo; --stop removes it", async () => {
  const kept = await program.run(["demo", "--keep"], { cwd });
  expect(kept.status).toBe(0);
  const env = variables(kept.stdout);
  expect(kept.stdout + kept.stderr).not.toContain(env.DB_PASSWORD);
  const status = await program.run(["status", "--json"], { cwd, env });
  expect(JSON.parse(status.stdout)).toMatchObject({ status: "ok", current_version: "7", pending: [] });

  const second = await program.run(["demo"], { cwd });
  expect(second.status).toBe(0);
  expect(second.stdout).toContain("nothing to do");
  expect(second.stdout).toMatch(/01_people\.sql +nothing new/);
  expect(
    (await program.run(["seed", join(import.meta.dirname, "../../seed/paws360")], { cwd, env })).status,
  ).toBe(0);

  // Held up, or it would be over where the signal is late.
  const holder = new pg.Client(connectionOf(env));
  await holder.connect();
  await holder.query(`SELECT pg_advisory_lock(${runLockKey("public")})`);
  const interrupted = program.start(["demo"], { cwd });
  await interrupted.said(/is there/);
  interrupted.process.kill("SIGTERM");
  expect((await interrupted.ended).status).toBe(143);
  await holder.end();
  expect((await program.run(["status"], { cwd, env })).status).toBe(0);

  const stopped = await program.run(["demo", "--stop"], { cwd });
  expect(stopped.stdout).toContain("stopped and removed");
  expect((await program.run(["status"], { cwd, env })).status).toBe(5);
  expect((await program.run(["demo", "--stop"], { cwd })).stdout).toContain("No demo is running here");
  expect(await readdir(cwd)).toEqual([]);
});

it("cleans up after Ctrl-C, also with --keep", async () => {
  const started = program.start(["demo", "--keep"], { cwd });
  await started.said(/Starting/);
  started.process.kill("SIGINT");
  expect((await started.ended).status).toBe(130);
  expect(await readdir(cwd)).toEqual([]);
});

it("--json is one object", async () => {
  const { stdout } = await program.run(["demo", "--json"], { cwd });
  expect(stdout).toMatch(/^\{[^\n]*\}\n$/);
  expect(JSON.parse(stdout)).toMatchObject({ command: "demo", status: "ok" });
});
