import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { sqlFolder } from "../support/sql_folder.ts";
import { useProgram } from "../support/terminal.ts";

const program = useProgram();

it("writes three files that check takes as they are, in a folder that it makes", async () => {
  const cwd = program.folder();
  const created = await program.run(["create", "Add Rooms", "table"], { cwd });
  expect(created.status).toBe(0);
  const [forward = ""] = readdirSync(join(cwd, "migrations")).filter((name) => name.endsWith(".sql"));
  expect(forward).toMatch(/^\d{14}_add_rooms_table\.sql$/);
  const stem = forward.slice(0, -4);
  for (const path of [forward, `rollback/${stem}_rollback.sql`, `verify/${stem}_verify.sql`]) {
    expect(created.stdout).toContain(`migrations/${path}`);
    expect(readFileSync(join(cwd, "migrations", path), "utf8")).not.toBe("");
  }
  expect((await program.run(["check"], { cwd })).status).toBe(0);
  const strict = await program.run(["check", "migrations", "--strict", "--json"], { cwd });
  expect(JSON.parse(strict.stdout)).toMatchObject({ status: "bad_input", warnings: [] });
  expect(strict.status).toBe(2);
});

it("writes a repeatable migration, which check takes as it is", async () => {
  const cwd = program.folder();
  const created = await program.run(["create", "--repeatable", "Room", "views"], { cwd });
  expect([created.status, created.stdout]).toEqual([
    0,
    "Migration files created:\n  Repeatable: migrations/repeatable/R__room_views.sql\n  Verify:     migrations/verify/R__room_views_verify.sql\n",
  ]);
  const check = await program.run(["check"], { cwd });
  expect(check.status).toBe(0);
  expect(check.stdout).toContain("2 files, no errors");
});

it("writes into --dir, after the template that is asked for", async () => {
  const dir = sqlFolder({ "rooms/20250102_120000_a.sql": "SELECT 1;" });
  const { status } = await program.run(["create", "b", "--dir", dir, "--template", "story"]);
  expect(status).toBe(0);
  expect(readdirSync(join(dir, "rooms")).toString()).toMatch(/\d{8}_\d{6}_b\.sql/);
});

it("begins with the template that bundle.json names, where none is asked for", async () => {
  const cwd = program.folder();
  const dir = sqlFolder({ "bundle.json": '{"layout": "story"}' });
  const made = async (...words: string[]) => {
    const { status, stdout } = await program.run(["create", "--json", "--dir", dir, ...words], { cwd });
    return { status, path: JSON.parse(stdout).files?.[0].path.split("/").at(-1) };
  };
  expect(await made("b")).toEqual({ status: 0, path: expect.stringMatching(/^\d{8}_\d{6}_b\.sql$/) });
  expect(await made("c", "--template", "plain")).toEqual({
    status: 0,
    path: expect.stringMatching(/^\d{14}_c\.sql$/),
  });
  writeFileSync(join(dir, "bundle.json"), '{"layout": "tale"}');
  expect((await made("d")).status).toBe(2);
});

it.each([
  ["", "no letter"],
  ["../x", "cannot hold"],
  ["a/b", "cannot hold"],
  ["x".repeat(101), "101 characters"],
  [" _-", "no letter"],
])("refuses the name %j, and says what would do", async (name, message) => {
  const cwd = program.folder();
  const { status, stdout } = await program.run(["create", "--json", name], { cwd });
  expect(status).toBe(2);
  const { error, files } = JSON.parse(stdout);
  expect({ error, files }).toMatchObject({ error: { code: "bad-name" }, files: undefined });
  expect(error.message).toContain(message);
  expect(error.remedy).toContain("100 characters");
  expect(readdirSync(cwd)).toEqual([]);
});
