import { placeOf } from "../bundle/layout.ts";
import type { ErrorCode } from "../error_codes.ts";
import type { Pile, PileMigration } from "../layouts/pile.ts";
import { baseOf, byText, type PileFile, stemOf } from "../layouts/pile_file.ts";
import { forwardOnly, wholeFile } from "../layouts/script_parts.ts";

/** What the reader of our own layout says of a forward file's name that cannot be one. */
export const NAMELESS: ReadonlySet<ErrorCode> = new Set([
  "no-version",
  "version-too-long",
  "version-zero",
  "impossible-date",
]);

/**
 * The pile's migrations with those whose names no run of ours would take, each where its name stands among the
 * others': they are what an audit is about.
 */
export function withNameless(pile: Pile, files: readonly PileFile[]): readonly PileMigration[] {
  const paths = new Set(pile.faults.filter(({ code }) => NAMELESS.has(code)).map(({ file }) => file));
  const missing = files.filter(
    ({ path, sql }) =>
      sql &&
      paths.has(path) &&
      placeOf(path)?.role === "up" &&
      !pile.migrations.some(({ up }) => up.path === path),
  );
  const found = [...pile.migrations];
  for (const file of missing.toSorted((a, b) => byText(a.base, b.base))) {
    const stem = stemOf(file.path);
    const at = found.findIndex(({ up, repeatable }) => repeatable || byText(baseOf(up.path), file.base) > 0);
    found.splice(at < 0 ? found.length : at, 0, forwardOnly(stem, stem, wholeFile(file)));
  }
  return found;
}
