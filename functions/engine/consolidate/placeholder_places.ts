import { type Fault, fault } from "../errors.ts";
import { type FilledPlace, placeIn } from "../placeholders/filled.ts";
import type { Script, ScriptFile, Statement } from "../script/script.ts";
import { parseStatement } from "../sql/parse.ts";
import { settingsOf } from "../sql/setting.ts";
import { survey } from "../sql/survey.ts";
import type { Edit } from "./part.ts";

/** In the place of each value its placeholder, as the user's file spells it: values are the target's. */
export const asSpelled = ({ filled }: ScriptFile): readonly Edit[] =>
  (filled?.places ?? []).map(({ at, length, from, spelled }) => ({
    start: at,
    end: at + length,
    text: filled?.text.slice(from, from + spelled) ?? "",
  }));

/**
 * Placeholders that the new file cannot keep, since it depends on their value: those that are more than a part of one
 * statement, and those in a statement that is written in another form, in the name of a setting that is put back, or in a
 * limit that becomes a directive. `loadParser()` must have been awaited.
 */
export function placeholderFaults({ file, statements }: Script): readonly Fault[] {
  const all = [...statements];
  return (file.filled?.places ?? []).flatMap((place) => {
    const statement = all.find((one) => isPartOf(file.text, one, place));
    if (statement !== undefined && !mustBeKnown(file.text, statement, place)) return [];
    const { line, column, excerpt } = placeIn(file, place.at);
    const message = `This placeholder of ${file.path} cannot be kept: what becomes of the file depends on its value.`;
    const remedy =
      "Write out what it stands for where that is no value within a statement; or leave this migration out.";
    return [fault("cannot-consolidate", message, { file: file.path, line, column, excerpt, remedy })];
  });
}

/** A value may be nothing at all, behind the rest of its statement. */
const isPartOf = (text: string, { start, end }: Statement, { at, length }: FilledPlace): boolean =>
  at >= start && (at + length <= end || (length === 0 && text.slice(end, at).trim() === ""));

const LIMIT = /^(?:lock|statement)_timeout$/;

function mustBeKnown(text: string, { start, end, replacement }: Statement, { at }: FilledPlace): boolean {
  if (replacement !== null) return true;
  const parsed = parseStatement(text.slice(start, end));
  if (parsed.kind !== "statement") return false;
  const settings = settingsOf(parsed.type, parsed.tree, survey(parsed.type, parsed.tree));
  // Where the value of SET stands, the name has been.
  const named = /=|\bto\b/i.test(text.slice(start, at));
  return settings.some(({ name, by }) => by === "function" || LIMIT.test(name) || !named);
}
