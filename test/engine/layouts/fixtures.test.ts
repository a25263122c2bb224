import { expect, it } from "vitest";
import { readBundle } from "#engine/bundle/bundle.ts";
import { planImport } from "#engine/layouts/import.ts";
import { type PileMigration, TOOLS, type Tool } from "#engine/layouts/pile.ts";
import { loadParser } from "#engine/script/script.ts";
import { fixturePile, fixtureText, sourcesOf } from "../../support/layouts.ts";

await loadParser();

/** id, name, where its parts begin, and what else is known of it. */
function shown({ id, name, up, down, verify, repeatable, transactional }: PileMigration): string {
  const parts = [`up:${up.line}`, down && `down:${down.line}`, verify && "verify", repeatable && "again"];
  const tx = transactional === null ? "" : transactional ? "tx" : "no tx";
  return [id, name, ...parts, tx].filter((part) => part).join(" ");
}

const FIXTURES: Readonly<Record<Tool, readonly string[]>> = {
  plain: [
    "001_initial_schema initial_schema up:1 down:1",
    "2_add-bookings add-bookings up:1 down:1 verify",
    "10_Touch Function Touch Function up:1 down:1",
    "11_booking_index booking_index up:1 down:1",
    "20250105_scale_down scale_down up:1 down:1",
  ],
  "paws-migrate": [
    "20250102090000 create_desks up:1 down:1",
    "20250102100000 desk_owner up:1 down:1 verify",
    "20250103000000 desk_index up:1 down:1 no tx",
    "20250104000000 desk_trigger up:1 down:1",
    "20250105120000 desk_rows up:1 down:1",
  ],
  supabase: [
    "20240110080000 create_members up:1",
    "20240111093000 member_policies up:1",
    "20240112101500 create_visits up:1",
    "20240113110000 visit_count up:1",
    "20240114120000 visit_index up:1",
    "20240116130000 first_members up:1",
  ],
  flyway: [
    "1 create_items up:1 down:1",
    "1.1 Add_Shelves up:1 down:1",
    "1.2.1 shelf_index up:1 down:1 no tx",
    "1.10 price_check up:1 down:1",
    "2 first_items up:1 down:1",
    "stock view stock_view up:1 again",
  ],
  "golang-migrate": [
    "1 create_users up:1 down:1",
    "2 add_sessions up:1 down:1",
    "3 email_index up:1 down:1",
    "4 last_seen up:1 down:1",
    "10 roles up:1 down:1",
  ],
  goose: [
    "1 create_posts up:2 down:9 tx",
    "2 post_trigger up:1 down:15 tx",
    "3 title_index up:3 down:6 no tx",
    "4 comments up:2 down:10 tx",
    "5 first_post up:2 down:5 tx",
  ],
  dbmate: [
    "20230501080000 create_orders up:2 down:8 tx",
    "20230502080000 order_lines up:1 down:12 tx",
    "20230503080000 order_index up:2 down:5 no tx",
    "20230504080000 order_total up:2 down:7 tx",
    "20230505080000 order_state up:2 down:6 tx",
  ],
  sqitch: [
    "appschema appschema up:1 down:1 verify",
    "singers singers up:1 down:1 verify",
    "singer_name@v1.0.0 singer_name up:1 down:1 verify",
    "concerts concerts up:1 down:1 verify",
    "singer_name singer_name up:1 down:1 verify",
    "concerts/index concerts/index up:1 down:1",
  ],
  rails: ["20240205101500 structure up:1"],
  "node-pg-migrate": [
    "1700000000000_create-pets create-pets up:2 down:8",
    "1700000100000_pet-owner pet-owner up:5 down:2",
    "1700000200000_pet-name pet-name up:1 down:1",
    "1700000300000_visits visits up:2 down:7",
    "1700000400000_visit-index visit-index up:2 down:4",
  ],
  prisma: [
    "20240301100000_init init up:1 down:1",
    "20240302100000_add_post add_post up:1 down:1",
    "20240303100000_role_enum role_enum up:1 down:1",
    "20240304100000_title_length title_length up:1 down:1",
    "20240305100000_author_index author_index up:1 down:1",
  ],
  diesel: [
    "00000000000000 diesel_initial_setup up:1 down:1",
    "20240501101010 create_notes up:1 down:1",
    "20240502101010 note_trigger up:1 down:1",
    "20240503101010 note_index up:1 down:1 no tx",
    "20240504101010 first_note up:1 down:1",
  ],
  liquibase: [
    "changelogs/tables.sql::1::ada tables_1 up:4 down:9",
    "changelogs/tables.sql::2::ada tables_2 up:12 down:19",
    "changelogs/tables.sql::3::bo berg tables_3 up:24 down:25 no tx",
    "changelogs/code.sql::price_of::ada code_price_of up:4 down:9",
    "changelogs/code.sql::first_products::ada code_first_products up:12 down:16",
    "changelogs/code.sql::price_list::ada code_price_list up:22 down:23 again",
  ],
};

it.each(TOOLS)("recognises the folder of %s, and reads it in the tool's order", (tool) => {
  const pile = fixturePile(tool);
  expect({ tool: pile.tool, faults: pile.faults, untranslated: pile.untranslated }).toEqual({
    tool,
    faults: [],
    untranslated: [],
  });
  expect(pile.migrations.map(shown)).toEqual(FIXTURES[tool]);
});

it.each(TOOLS)("gives each line of %s its number in the file", (tool) => {
  for (const { up, down } of fixturePile(tool).migrations) {
    for (const script of [up, down]) {
      if (script === null) continue;
      const file = fixtureText(tool, script.path)
        .replace(/^\uFEFF/, "")
        .split(/\r?\n/);
      const lines = script.text.split(/\r?\n/);
      lines.forEach((line, i) => {
        // A line that was its tool's is empty; a rollback within a comment has lost the comment's mark.
        const there = file[script.line - 1 + i] ?? "";
        if (line.trim() !== "" && line.trim() !== ";") expect(there).toContain(line.trim());
      });
    }
  }
});

/** Where the tool's own numbers cannot be kept, and what the others are called. */
const LABELS: Readonly<Record<Tool, readonly string[]>> = {
  plain: ["001", "2", "10", "11", "20250105"],
  "paws-migrate": ["20250102_090000", "20250102_100000", "20250103", "20250104000000", "20250105120000"],
  supabase: [
    "20240110080000",
    "20240111093000",
    "20240112101500",
    "20240113110000",
    "20240114120000",
    "20240116130000",
  ],
  flyway: ["0001", "0002", "0003", "0004", "0005"],
  "golang-migrate": ["000001", "000002", "000003", "000004", "000010"],
  goose: ["00001", "00002", "00003", "00004", "00005"],
  dbmate: ["20230501080000", "20230502080000", "20230503080000", "20230504080000", "20230505080000"],
  sqitch: [
    "20240301090000",
    "20240302090000",
    "20240303090000",
    "20240305090000",
    "20240306090000",
    "20240307090000",
  ],
  rails: ["20240205101500"],
  "node-pg-migrate": ["1700000000000", "1700000100000", "1700000200000", "1700000300000", "1700000400000"],
  prisma: ["20240301100000", "20240302100000", "20240303100000", "20240304100000", "20240305100000"],
  diesel: ["00000000000001", "20240501101010", "20240502101010", "20240503101010", "20240504101010"],
  liquibase: ["0001", "0002", "0003", "0004", "0005"],
};

it.each(TOOLS)("makes a bundle of %s that is read back, with a map", (tool) => {
  const pile = fixturePile(tool);
  const { bundle, refusals } = planImport(pile, false);
  expect(refusals).toEqual([]);
  const texts = Object.fromEntries(bundle.files.map(({ path, text }) => [path, text]));
  const read = readBundle(sourcesOf(texts), { name: "x", path: "x" });
  expect(read.migrations.map(({ label }) => label)).toEqual(LABELS[tool]);
  expect(read.migrations.map(({ name }) => name)).toEqual(
    read.migrations.map(({ name }) => name.toLowerCase().replace(/[^a-z0-9]+/g, "_")),
  );
  expect(read.imported?.tool).toBe(tool);
  expect(read.imported?.migrations.map(({ id, path }) => [id, path])).toEqual(
    pile.migrations.flatMap(({ id, also, up }) => [...also, id].map((one) => [one, up.path])),
  );
  // In a pile too, what is repeatable stands behind the others.
  const all = [...read.migrations, ...read.repeatables];
  expect(all.length).toBe(pile.migrations.length);
  all.forEach((migration, i) => {
    const from = pile.migrations[i];
    if (from?.repeatable === true) expect(migration.version).toBeNull();
    else expect(migration.rollback !== null).toBe(from?.down !== null);
    expect(migration.verify !== null).toBe(from?.verify !== null);
    // Byte for byte below what is said above it.
    expect(migration.up.text.endsWith(from?.up.text ?? "?")).toBe(true);
  });
});

it("says in the new files what the old ones said beside the SQL", () => {
  const of = (tool: Tool) =>
    Object.fromEntries(
      planImport(fixturePile(tool), false).bundle.files.map(({ path, text }) => [path, text]),
    );
  expect(of("goose")["00003_title_index.sql"]).toMatch(/^-- migrate: no-transaction\n/);
  expect(of("goose")["rollback/00003_title_index_rollback.sql"]).toMatch(/^-- migrate: no-transaction\n/);
  expect(of("flyway")["0003_shelf_index.sql"]).toBe(
    `-- migrate: no-transaction\n${fixtureText("flyway", "sql/V1_2_1__shelf_index.sql")}`,
  );
  // Its own way back needs none.
  expect(of("flyway")["rollback/0003_shelf_index_rollback.sql"]).toBe("DROP INDEX shelves_item;\n");
  // Nobody says it of this one: the statement itself does.
  expect(of("golang-migrate")["000003_email_index.sql"]).toMatch(/^-- migrate: no-transaction\nCREATE/);
  expect(of("golang-migrate")["000001_create_users.sql"]).toContain("email text NOT NULL\r\n);\r\n");
  expect(of("sqitch")["20240303090000_singer_name.sql"]).toMatch(
    /^-- Description: Makes a name readable\.\n-- Author: Bo Berg <bo@example\.test>\n-- Date: 2024-03-03T09:00:00Z\n[\s\S]*-- NOTES\n-- Dependencies: singers\n-- Conflicts: old_names\n-- Tags: v1\.0\.0\n/,
  );
  expect(of("liquibase")["repeatable/code_price_list.sql"]).toContain("CREATE OR REPLACE VIEW price_list");
  expect(of("liquibase")["0005_code_first_products.sql"]).toContain("(1, 'Tea // loose')\n;\nINSERT");
  expect(JSON.parse(of("rails")["imported.json"] ?? "").migrations).toHaveLength(5);
  expect(of("rails")["20240205101500_structure.sql"]).not.toMatch(/^[^-]*schema_migrations/m);
  expect(of("flyway")["0001_create_items.sql"]).toMatch(/^-- Stock/);
});

it("lists what it leaves, and why", () => {
  const left = (tool: Tool) => fixturePile(tool).left.map(({ path, why }) => `${path}: ${why}`);
  expect(left("flyway")).toEqual([
    "sql/B2__baseline.sql: a baseline, which Flyway runs on new databases in the place of what it sums up",
    "sql/afterMigrate.sql: a callback of Flyway, which runs with every migration",
  ]);
  expect(left("dbmate")).toEqual(["db/schema.sql: dbmate's dump of the schema"]);
  expect(left("supabase")).toEqual(["supabase/seed.sql: rows, no migration"]);
  expect(left("plain")).toEqual(["seed/demo_rooms.sql: rows, no migration"]);
  expect(left("rails")).toHaveLength(5);
  expect(left("liquibase")[0]).toContain("changelogs/tables.sql::4::bo in line 27: it is not for PostgreSQL");
});
