import type { ErrorCode } from "../error_codes.ts";
import { type Fault, fault } from "../errors.ts";

/** A fault in a line of one of a pile's files. */
export const atLine = (
  code: ErrorCode,
  path: string,
  line: number | null,
  message: string,
  more: Partial<Pick<Fault, "excerpt" | "remedy" | "column">> = {},
): Fault => fault(code, message, { file: path, line, ...more });

/** Of migrations in the tool's order: each whose `key` an earlier one has too. */
export function duplicates<T extends { readonly path: string; readonly line?: number }>(
  tool: string,
  all: readonly T[],
  keyOf: (one: T) => string,
): readonly Fault[] {
  const first = new Map<string, T>();
  return all.flatMap((one) => {
    const key = keyOf(one);
    const other = first.get(key);
    if (other === undefined) {
      first.set(key, one);
      return [];
    }
    return [
      atLine(
        "layout-duplicate",
        one.path,
        one.line ?? 1,
        `${other.path} and ${one.path} are both ${key} to ${tool}.`,
      ),
    ];
  });
}

/** A migration in a language that is not read. */
export const notSql = ({ path }: { readonly path: string }): Fault =>
  atLine("untranslated-migration", path, 1, `${path} is a migration that is no SQL.`);

/** A script that undoes or verifies what is not there. */
export const withoutForward = (path: string, what: string): Fault =>
  atLine("layout-incomplete", path, 1, `${path} is ${what}, and the migration itself is not there.`);
