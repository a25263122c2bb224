import { firstFile, type Layout } from "./layout.ts";
import { duplicates, notSql, withoutForward } from "./layout_faults.ts";
import { MILLISECONDS } from "./node_pg_migrate.ts";
import { withoutZeros } from "./numbered_name.ts";
import type { PileMigration, Reading } from "./pile.ts";
import { byNumber, type PileFile } from "./pile_file.ts";
import { forwardOnly, standIn, wholeFile } from "./script_parts.ts";

const NAME = /^(\d+)_(.*)\.(up|down)\.(\w+)$/s;

interface Named {
  readonly path: string;
  readonly file: PileFile;
  readonly digits: string;
  readonly title: string;
  readonly direction: string;
}

/**
 * `<version>_<title>.up.sql` and `.down.sql`, in order of the number, which is the history's version. (golang-migrate, "Migrations" and its source's
 * name pattern.)
 */
export const golangMigrate: Layout = {
  evidence: (files) =>
    firstFile(files, "is named as golang-migrate wants it", ({ base, sql }) => {
      const named = sql ? NAME.exec(base) : null;
      return named !== null && !MILLISECONDS.test(named[1] ?? "");
    }),
  read,
};

function read(files: readonly PileFile[]): Reading {
  const named = files.flatMap((file): readonly Named[] => {
    const [, digits, title = "", direction = ""] = NAME.exec(file.base) ?? [];
    return digits === undefined ? [] : [{ path: file.path, file, digits, title, direction }];
  });
  const keyOf = ({ digits }: Named) => withoutZeros(digits);
  const ups = named
    .filter(({ direction }) => direction === "up")
    .toSorted((a, b) => byNumber(a.digits, b.digits));
  const down = named.filter(({ direction }) => direction === "down");
  const downs = new Map(down.map((one) => [keyOf(one), one]));
  const migrations = ups.map((one): PileMigration => {
    const undo = downs.get(keyOf(one));
    downs.delete(keyOf(one));
    const made = one.file.sql
      ? forwardOnly(keyOf(one), one.title, wholeFile(one.file))
      : standIn(keyOf(one), one.title, one.path);
    return { ...made, down: undo?.file.sql === true ? wholeFile(undo.file) : null };
  });
  return {
    migrations,
    left: files
      .filter(({ base, sql }) => sql && !NAME.test(base))
      .map(({ path }) => ({ path, why: "not named as a migration of golang-migrate" })),
    untranslated: ups.filter(({ file }) => !file.sql).map(notSql),
    faults: [
      ...duplicates("golang-migrate", ups, (one) => `version ${keyOf(one)}`),
      ...duplicates("golang-migrate", down, (one) => `the way back of version ${keyOf(one)}`),
      ...[...downs.values()].map(({ path }) => withoutForward(path, "a way back")),
    ],
  };
}
