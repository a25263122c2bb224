import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { hasOpenssl } from "../support/certificates.ts";
import { type Deployed, startDeployed } from "../support/deployed.ts";
import { quietly } from "../support/quietly.ts";

const folder = join(import.meta.dirname, "..", "..", "docs", "events");

type Event = Readonly<Record<string, unknown>>;

/** A saved event with its blanks filled in. */
function saved(name: string, fill: Event = {}): Event {
  const event = JSON.parse(readFileSync(join(folder, `${name}.json`), "utf8")) as Event;
  return { ...event, ...fill };
}

/** The names of what a person must fill in: text that says so, and nothing at all. */
const blanks = (event: Event): readonly string[] =>
  Object.entries(event).flatMap(([name, value]) => {
    if (value === null || (typeof value === "string" && value.startsWith("FILL IN: "))) return [name];
    return typeof value === "object" ? blanks(value as Event).map((inner) => `${name}.${inner}`) : [];
  });

const VERBS = { apply: "apply", rollback: "rollback", verify: "verify", status: "status" } as const;
const verbOf = (name: string) => VERBS[(name.split("-")[0] ?? "") as keyof typeof VERBS];
const names = readdirSync(folder).map((file) => file.replace(/\.json$/, ""));

describe.skipIf(!(await hasOpenssl()))("the saved events", () => {
  let deployed: Deployed;
  beforeAll(async () => {
    deployed = await startDeployed();
    await deployed.newDatabase("saved_events");
  });
  afterAll(() => deployed?.stop());
  const invoke = (name: string, event: Event) => quietly(() => deployed.invoke(verbOf(name), event));
  const applied = async () =>
    (await deployed.query("SELECT version::int FROM schema_migrations ORDER BY 1")).flat();

  it.each(names)("%s is refused, and nothing done, until it is filled in", async (name) => {
    const event = saved(name);
    const open = blanks(event);
    // What changes a database is told apart from what only looks.
    const changes = /^(apply|rollback)/.test(name) && event.dry_run !== true;
    expect(open.includes("reason")).toBe(changes);
    expect(open.includes("run_id")).toBe(changes || name === "status-of-a-run");
    if (open.length === 0) return;
    const refused = await invoke(name, event).catch((error: unknown) => error);
    expect(refused).toMatchObject({ name: "MigrationBadInput" });
    // Any text may be a key; the others are refused by what they must look like.
    for (const blank of open.filter((one) => !/key$|version_id$/.test(one))) {
      expect(String(refused)).toContain(blank);
    }
    expect(
      await deployed.query("SELECT relname FROM pg_class WHERE relname LIKE 'schema_migration%'"),
    ).toEqual([]);
  });

  it("lead from nothing to everything applied, back, and to a version", async () => {
    const used = new Set<string>();
    const run = (name: string, fill: Event = {}) => {
      used.add(name);
      const event = saved(name, fill);
      expect(blanks(event)).toEqual([]);
      return invoke(name, event);
    };
    const { key, version_id, archive_sha256 } = deployed.kept;
    const reason = "CHG-7: as agreed";

    expect(await run("apply-dry-run")).toMatchObject({ command: "plan", of: "up", status: "ok" });
    const pinned = await run("apply-pinned", {
      run_id: "r1",
      reason,
      bundle: { key, version_id, archive_sha256 },
    });
    expect(pinned).toMatchObject({ command: "up", status: "ok", run_id: "r1" });
    expect(await applied()).toEqual([1, 2, 3, 4, 5, 6, 7]);
    expect(await run("rollback-dry-run")).toMatchObject({
      command: "plan",
      of: "rollback",
      steps: { length: 1 },
    });

    const last = { run_id: "r2", reason };
    expect(await run("rollback-last", last)).toMatchObject({ status: "ok", current_version: "6" });
    // A second click: the same run is told again, and no second version goes.
    expect(await run("rollback-last", last)).toMatchObject({
      status: "ok",
      replayed: true,
      current_version: "6",
    });
    expect(await applied()).toEqual([1, 2, 3, 4, 5, 6]);
    expect(await run("rollback-to-version", { run_id: "r3", reason, to: "4" })).toMatchObject({
      status: "ok",
    });
    expect(await applied()).toEqual([1, 2, 3, 4]);
    expect(await run("apply-latest", { run_id: "r4", reason })).toMatchObject({
      status: "ok",
      steps: { length: 3 },
    });

    expect(await run("verify")).toMatchObject({ command: "verify", status: "ok" });
    expect(await run("status")).toMatchObject({ command: "status", current_version: "7", pending: [] });
    // No failure of the function, which would be alarmed: who follows a run asks before there is one.
    expect(await run("status-of-a-run", { run_id: "r9" })).toMatchObject({
      command: "runs",
      status: "ok",
      runs: [],
    });
    expect(await run("status-of-a-run", { run_id: "r2" })).toMatchObject({
      command: "runs",
      runs: [{ run_id: "r2", status: "ok", reason }],
    });
    expect([...used].sort()).toEqual([...names].sort());
  });
});
