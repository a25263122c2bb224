import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Tool } from "#engine/layouts/pile.ts";
import { loadParser } from "#engine/script/script.ts";
import { createDatabase, type TestDatabase } from "../../support/database.ts";
import { bundleOf, rollback, run } from "../../support/engine.ts";
import { fixturePile, fixtureText, importedFiles } from "../../support/layouts.ts";
import { hasPsql, psql } from "../../support/psql.ts";
import { snapshot } from "../../support/schema.ts";

/** What a person hands to psql, file by file, in the order that the tool documents; written down by hand. */
interface ByHand {
  readonly files: readonly string[];
  /** The part of a file that goes forward, where it holds the way back too. */
  readonly forward?: (text: string) => string;
  /** How many migrations can be rolled back; the others have no way back. */
  readonly back: number | "all";
  /** Views that come again when they change: they have no way back. */
  readonly again?: readonly string[];
}

const before = (mark: RegExp) => (text: string) => text.split(mark)[0] ?? "";

const BY_HAND: Readonly<Record<Tool, ByHand>> = {
  plain: {
    files: [
      "001_initial_schema.sql",
      "2_add-bookings.sql",
      "10_Touch Function.sql",
      "11_booking_index.sql",
      "20250105_scale_down.sql",
    ],
    back: "all",
  },
  "paws-migrate": {
    files: [
      "00_initial/20250102_090000_create_desks.sql",
      "01_more/20250102_100000_desk_owner.sql",
      "01_more/20250103_desk_index.sql",
      "20250104000000_desk_trigger.sql",
      "20250105120000_desk_rows.sql",
    ],
    back: "all",
  },
  supabase: {
    files: [
      "20240110080000_create_members.sql",
      "20240111093000_member_policies.sql",
      "20240112101500_create_visits.sql",
      "20240113110000_visit_count.sql",
      "20240114120000_visit_index.sql",
      "20240116130000_first_members.sql",
    ].map((name) => `supabase/migrations/${name}`),
    back: 0,
  },
  flyway: {
    files: [
      "V1__create_items",
      "V1.1__Add_Shelves",
      "V1_2_1__shelf_index",
      "V1.10__price_check",
      "V2__first_items",
      "R__stock_view",
    ].map((name) => `sql/${name}.sql`),
    back: "all",
    again: ["stock_view"],
  },
  "golang-migrate": {
    files: [
      "000001_create_users",
      "000002_add_sessions",
      "000003_email_index",
      "000004_last_seen",
      "000010_roles",
    ].map((name) => `db/migrations/${name}.up.sql`),
    back: "all",
  },
  goose: {
    files: [
      "00001_create_posts",
      "00002_post_trigger",
      "00003_title_index",
      "00004_comments",
      "00005_first_post",
    ].map((name) => `migrations/${name}.sql`),
    forward: before(/^-- \+goose down/im),
    back: "all",
  },
  dbmate: {
    files: [
      "20230501080000_create_orders",
      "20230502080000_order_lines",
      "20230503080000_order_index",
      "20230504080000_order_total",
      "20230505080000_order_state",
    ].map((name) => `db/migrations/${name}.sql`),
    forward: before(/^-- migrate:down/m),
    back: "all",
  },
  sqitch: {
    files: ["appschema", "singers", "singer_name@v1.0.0", "concerts", "singer_name", "concerts/index"].map(
      (name) => `deploy/${name}.sql`,
    ),
    back: "all",
  },
  rails: { files: ["db/structure.sql"], back: 0 },
  "node-pg-migrate": {
    files: [
      "1700000000000_create-pets.sql",
      "1700000100000_pet-owner.sql",
      "1700000200000_pet-name.up.sql",
      "1700000300000_visits.sql",
      "1700000400000_visit-index.sql",
    ].map((name) => `migrations/${name}`),
    forward: (text) =>
      before(/^-- Down Migration/m)(text.slice(Math.max(0, text.indexOf("-- Up Migration")))),
    back: "all",
  },
  prisma: {
    files: [
      "20240301100000_init",
      "20240302100000_add_post",
      "20240303100000_role_enum",
      "20240304100000_title_length",
      "20240305100000_author_index",
    ].map((name) => `prisma/migrations/${name}/migration.sql`),
    back: "all",
  },
  diesel: {
    files: [
      "00000000000000_diesel_initial_setup",
      "2024-05-01-101010_create_notes",
      "2024-05-02-101010_note_trigger",
      "2024-05-03-101010_note_index",
      "2024-05-04-101010_first_note",
    ].map((name) => `migrations/${name}/up.sql`),
    back: "all",
  },
  liquibase: {
    files: ["changelogs/tables.sql", "changelogs/code.sql"],
    // What psql would not: another server's table, another delimiter.
    forward: (text) => text.replace(/^CREATE TABLE products_engine.*$/m, "").replaceAll(/^\/\/$/gm, ";"),
    back: "all",
    again: ["code_price_list"],
  },
};

const viewOf = ({ up }: { readonly up: { readonly text: string } }): string =>
  /CREATE OR REPLACE VIEW (\w+)/.exec(up.text)?.[1] ?? "";

let ours: TestDatabase;
let theirs: TestDatabase;

describe.skipIf(!hasPsql)("an imported bundle makes what psql makes of the tool's files", () => {
  beforeAll(() => loadParser());

  describe.each(Object.entries(BY_HAND) as [Tool, ByHand][])(
    "%s",
    (tool, { files, forward, back, again = [] }) => {
      beforeAll(async () => {
        ours = await createDatabase(`import ${tool}`);
        theirs = await createDatabase(`psql ${tool}`);
      });
      afterAll(() => Promise.all([ours.drop(), theirs.drop()]));

      it("goes up, and back to nothing where there are ways back", async () => {
        const texts = importedFiles(fixturePile(tool));
        const bundle = bundleOf(texts);
        const client = await ours.connect();
        const nothing = await snapshot(client);
        const up = await run(ours, bundle);
        expect(up.error).toBeNull();
        const all = [...bundle.migrations, ...bundle.repeatables];
        expect(up.steps.map(({ name, status }) => `${name} ${status}`)).toEqual(
          all.map(({ name }) => `${name} done`),
        );
        expect(bundle.repeatables.map(({ name }) => name)).toEqual(again);

        const script = files
          .map((path) => fixtureText(tool, path).replace(/^\uFEFF/, ""))
          .map(forward ?? ((text) => text))
          .join("\n;\n");
        await psql(theirs.config, script);
        const made = await snapshot(client);
        expect(made).toEqual(await snapshot(await theirs.connect()));
        expect(made.length).toBeGreaterThan(nothing.length);

        if (back === 0) return;
        for (const view of bundle.repeatables.map(viewOf)) await client.query(`DROP VIEW ${view}`);
        const down = await run(ours, bundle, rollback(bundle.migrations.length));
        expect(down.error).toBeNull();
        expect(await snapshot(client)).toEqual(nothing);
      });
    },
  );
});
