import type { PileMigration, PileScript } from "./pile.ts";
import type { PileFile } from "./pile_file.ts";

/** A whole file as a script. */
export const wholeFile = ({ path, text }: PileFile): PileScript => ({ path, line: 1, text });

/** A migration of which only the script that goes forward is known. */
export const forwardOnly = (id: string, name: string, up: PileScript): PileMigration => ({
  id,
  name,
  up,
  down: null,
  verify: null,
  repeatable: false,
  transactional: null,
  down_transactional: null,
  notes: [],
  also: [],
  stand_in: false,
});

/** Keeps the place of a migration that is no SQL: on a database that has not had it, it raises. */
export const standIn = (id: string, name: string, path: string): PileMigration => ({
  ...forwardOnly(id, name, {
    path,
    line: 1,
    text: `-- ${oneLine(path)} is no SQL. Write here what it does, in SQL.\nDO $paws$ BEGIN\n  RAISE EXCEPTION 'this migration was no SQL and is yet to be written';\nEND $paws$;\n`,
  }),
  stand_in: true,
});

/** A text that may stand in a line comment. */
export const oneLine = (text: string): string => text.replace(/[\p{Cc}\u2028\u2029]+/gu, " ").trim();
