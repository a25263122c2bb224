import { readGooseFile } from "./goose_file.ts";
import { firstFile, type Layout } from "./layout.ts";
import { atLine, duplicates } from "./layout_faults.ts";
import { numberedName, withoutZeros } from "./numbered_name.ts";
import type { Reading } from "./pile.ts";
import { byNumber, type PileFile } from "./pile_file.ts";
import { forwardOnly, standIn } from "./script_parts.ts";

const ANNOTATED = /^[ \t]*--[ \t]*\+goose[ \t]+up[ \t]*\r?$/im;

/**
 * `<version>_<name>.sql` with annotations, and `.go`, in order of the number. (goose, "SQL migrations" and
 * "Annotations".)
 */
export const goose: Layout = {
  evidence: (files) =>
    firstFile(files, "has an annotation of goose", ({ sql, text }) => sql && ANNOTATED.test(text)),
  read,
};

interface Named {
  readonly path: string;
  readonly file: PileFile;
  readonly version: string;
  readonly name: string;
}

function read(files: readonly PileFile[]): Reading {
  const named = files
    .flatMap((file): readonly Named[] => {
      const stem = /^(.*)\.(?:sql|go)$/s.exec(file.base)?.[1] ?? "";
      const parts = stem.endsWith("_test") ? null : numberedName(stem);
      if (parts === null) return [];
      return [{ path: file.path, file, version: withoutZeros(parts.digits), name: parts.rest }];
    })
    .toSorted((a, b) => byNumber(a.version, b.version));
  const readings = named.map((one) => {
    if (one.file.sql) {
      const { up, down, transactional, untranslated, faults } = readGooseFile(one.file);
      const said = { transactional, down_transactional: transactional ? null : false };
      const migration = { ...forwardOnly(one.version, one.name, up), down, ...said };
      return { migration, untranslated, faults };
    }
    const said = `${one.path} is a migration in Go.`;
    return {
      migration: standIn(one.version, one.name, one.path),
      untranslated: [atLine("untranslated-migration", one.path, 1, said)],
      faults: [],
    };
  });
  const known = new Set(named.map(({ path }) => path));
  return {
    migrations: readings.map(({ migration }) => migration),
    left: files
      .filter(({ path, sql }) => sql && !known.has(path))
      .map(({ path }) => ({ path, why: "not named as a migration of goose" })),
    untranslated: readings.flatMap(({ untranslated }) => untranslated),
    faults: [
      ...duplicates("goose", named, ({ version }) => `version ${version}`),
      ...named
        .filter(({ version }) => version === "0")
        .map(({ path }) => atLine("layout-bad-name", path, 1, `${path} has version 0; goose begins with 1.`)),
      ...readings.flatMap(({ faults }) => faults),
    ],
  };
}
