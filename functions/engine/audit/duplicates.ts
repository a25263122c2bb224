import { type Finding, finding } from "./findings.ts";
import type { Print } from "./script_facts.ts";
import { printOf } from "./statement_print.ts";

/** A file that goes forward, with what its statements say, in the pile's order. */
export interface Printed {
  readonly path: string;
  readonly prints: readonly Print[];
}

/** Files that say the same as an earlier one, and files with statements that stand in an earlier one. */
export function findDuplicates(files: readonly Printed[]): readonly Finding[] {
  const whole = new Map<string, string>();
  const first = new Map<string, { readonly path: string; readonly line: number }>();
  return files.flatMap(({ path, prints }): readonly Finding[] => {
    const all = printOf(prints.map(({ print }) => print).join(" "));
    const same = whole.get(all);
    if (same !== undefined && prints.length > 0) {
      const message = `${path} says the same as ${same}.`;
      return [finding("duplicate-file", message, { file: path, related: [same] })];
    }
    whole.set(all, path);
    const twice = prints.flatMap(({ print, line, works }) => {
      const other = works ? first.get(print) : undefined;
      return other === undefined ? [] : [{ line, other }];
    });
    for (const { print, line } of prints) if (!first.has(print)) first.set(print, { path, line });
    return twice.length === 0 ? [] : [statementsOf(path, twice)];
  });
}

function statementsOf(
  path: string,
  twice: readonly {
    readonly line: number;
    readonly other: { readonly path: string; readonly line: number };
  }[],
): Finding {
  const [one] = twice;
  const more = twice.length > 1 ? `, and ${twice.length - 1} more` : "";
  const message = `${path}:${one?.line} says what ${one?.other.path}:${one?.other.line} says${more}.`;
  const related = [...new Set(twice.map(({ other }) => other.path))];
  return finding("duplicate-statement", message, { file: path, line: one?.line ?? null, related });
}
