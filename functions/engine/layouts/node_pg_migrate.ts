import { firstFile, type Layout } from "./layout.ts";
import { atLine, duplicates, notSql, withoutForward } from "./layout_faults.ts";
import { cutLines, type Line, linesOf } from "./marked_lines.ts";
import type { PileMigration, PileScript, Reading } from "./pile.ts";
import { byNumber, byText, type PileFile } from "./pile_file.ts";
import { forwardOnly, standIn, wholeFile } from "./script_parts.ts";

const NAME = /^(\d+)[_-](.*?)(?:\.(up|down))?\.(sql|js|ts|mjs|cjs|mts|cts)$/s;
/** What such a name begins with, and not one of golang-migrate: 13 digits, or 17 of a date with its milliseconds. */
export const MILLISECONDS = /^(?:\d{13}|\d{17})$/;
const MARK = /^\s*--[\s-]*(up|down)\s+migration/i;
const NO_TRANSACTION = /^\s*--[\s-]*no\s*transaction\s*$/i;

interface Named {
  readonly path: string;
  readonly file: PileFile;
  /** The file's name as the history has it: without its ending. */
  readonly id: string;
  readonly digits: string;
  readonly name: string;
  readonly way: "both" | "up" | "down";
}

/**
 * `<milliseconds>_<name>.sql` with `-- Up Migration` and `-- Down Migration` inside, or as `.up.sql` and `.down.sql`; a prefix of 17 digits is a date
 * with its milliseconds. The history holds the name. (node-pg-migrate, "SQL migrations" and its source.)
 */
export const nodePgMigrate: Layout = {
  evidence: (files) =>
    firstFile(files, "is marked or named as node-pg-migrate wants it", ({ sql, base, text }) => {
      const named = sql ? NAME.exec(base) : null;
      if (named === null) return false;
      const [, digits = "", , way] = named;
      if (way !== undefined) return MILLISECONDS.test(digits);
      return linesOf(text).some((line) => MARK.test(line.text));
    }),
  read,
};

function read(files: readonly PileFile[]): Reading {
  const named = files.flatMap((file): readonly Named[] => {
    const [, digits, name = "", way = "both", ending = ""] = NAME.exec(file.base) ?? [];
    if (digits === undefined || file.base.endsWith(".d.ts")) return [];
    const id = file.base.slice(0, file.base.length - `.${ending}`.length).replace(/\.(?:up|down)$/, "");
    return [{ path: file.path, file, id, digits, name, way: way as Named["way"] }];
  });
  const ups = named
    .filter(({ way }) => way !== "down")
    .toSorted((a, b) => byNumber(inMilliseconds(a.digits), inMilliseconds(b.digits)) || byText(a.id, b.id));
  const downs = new Map(named.filter(({ way }) => way === "down").map((one) => [one.id, one]));
  const readings = ups.map((one) => {
    const undo = downs.get(one.id);
    downs.delete(one.id);
    return readOne(one, undo);
  });
  const known = new Set(named.map(({ path }) => path));
  return {
    migrations: readings.map(({ migration }) => migration),
    left: files
      .filter(({ path, sql }) => sql && !known.has(path))
      .map(({ path }) => ({ path, why: "not named as a migration of node-pg-migrate" })),
    untranslated: ups.filter(({ file }) => !file.sql).map(notSql),
    faults: [
      ...duplicates("node-pg-migrate", ups, ({ id }) => JSON.stringify(id)),
      ...[...downs.values()].map(({ path }) => withoutForward(path, "a way back")),
      ...readings.flatMap(({ faults }) => faults),
    ],
  };
}

/** 17 digits are a date in UTC with its milliseconds. */
function inMilliseconds(digits: string): string {
  if (digits.length !== 17) return digits;
  const at = (from: number, to: number) => Number(digits.slice(from, to));
  const time = Date.UTC(at(0, 4), at(4, 6) - 1, at(6, 8), at(8, 10), at(10, 12), at(12, 14), at(14, 17));
  return Number.isNaN(time) || time < 0 ? digits : String(time);
}

function readOne(one: Named, undo: Named | undefined) {
  const { file, id, name, path } = one;
  if (!file.sql) return { migration: standIn(id, name, path), faults: [] };
  if (one.way === "up") {
    const down = undo?.file.sql === true ? wholeFile(undo.file) : null;
    return { migration: { ...forwardOnly(id, name, wholeFile(file)), down }, faults: [] };
  }
  const { up, down, transactional, faults } = parts(file);
  const migration: PileMigration = { ...forwardOnly(id, name, up), down, transactional };
  return { migration, faults };
}

/** Each part reaches to the other's mark, whichever comes first; without a mark all of the file goes forward. */
function parts({ path, text }: PileFile) {
  const lines = linesOf(text);
  const marks = lines.filter((line) => MARK.test(line.text));
  const first = (way: string): Line | undefined =>
    marks.find((line) => MARK.exec(line.text)?.[1]?.toLowerCase() === way);
  const [up, down] = [first("up"), first("down")];
  const taken = new Set([up, down].flatMap((line) => (line === undefined ? [] : [line.number])));
  const cut = (from: number, to: number): PileScript => cutLines(path, text, lines, from, to, taken);
  const reach = (from: Line, other: Line | undefined) =>
    cut(from.number + 1, other !== undefined && other.number > from.number ? other.number - 1 : lines.length);
  // A file with a way back alone is taken whole by the tool for its way forward.
  return {
    up: up === undefined ? cut(1, lines.length) : reach(up, down),
    down: down === undefined ? null : reach(down, up),
    transactional: lines.some((line) => NO_TRANSACTION.test(line.text)) ? false : null,
    faults:
      up === undefined && down !== undefined
        ? [
            atLine(
              "layout-bad-marker",
              path,
              down.number,
              `${path} has \`-- Down Migration\` and no \`-- Up Migration\`: the tool would run both parts.`,
            ),
          ]
        : [],
  };
}
