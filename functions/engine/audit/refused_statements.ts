import type { PileScript } from "../layouts/pile.ts";
import { readScript, type ScriptOptions, type ScriptRole } from "../script/script.ts";
import { advanceCodePoints } from "../sql/position.ts";
import { asScriptFile } from "./audited_options.ts";
import { findingOf, variableAt } from "./fault_findings.ts";
import { type Finding, finding } from "./findings.ts";

/**
 * What a run would refuse of a script, or warn of, in places of the file. `outside` says that its tool runs it outside
 * of a transaction.
 */
export function refusedStatements(
  script: PileScript,
  role: ScriptRole,
  outside: boolean,
  options: ScriptOptions,
): readonly Finding[] {
  const { script: read, faults } = readScript(asScriptFile(script), role, options);
  const found = faults
    .filter(({ code }) => !outside || code !== "needs-no-transaction")
    .map((fault) => meantForOthers(findingOf(fault), script.text));
  const warned = (read?.warnings ?? []).filter(({ code }) => code !== "prologue-adjusted");
  const left = read?.settings_left ?? [];
  const settings = left.length === 0 ? [] : [settingLeft(script.path, left)];
  const alone = outside || read?.directives.no_transaction === true;
  return [
    ...[...found, ...warned.map((fault) => findingOf(fault))].map((one) => inFile(one, script.line)),
    ...(role === "verify" ? [] : settings),
    ...(alone && role !== "verify" ? [runsOutside(script)] : []),
  ];
}

/** Lines of a part of a file become lines of the file. */
const inFile = (found: Finding, first_line: number): Finding =>
  found.line === null ? found : { ...found, line: found.line + first_line - 1 };

const settingLeft = (file: string, names: readonly string[]): Finding =>
  finding("setting-left", `${file} sets ${names.join(", ")} for what runs after it.`, { file });

const runsOutside = ({ path, line }: PileScript): Finding =>
  finding("outside-transaction", "The file runs outside of a transaction.", { file: path, line });

function meantForOthers(found: Finding, text: string): Finding {
  if (found.code !== "unparsable" || found.line === null || found.column === null) return found;
  const variable = variableAt(text, offsetOf(text, found.line, found.column));
  if (variable === null) return found;
  const { file, line, column, excerpt } = found;
  const whose = variable.code === "psql-variable" ? "psql" : "a template";
  return finding(variable.code, `${variable.found} is a variable of ${whose}.`, {
    file,
    line,
    column,
    excerpt,
  });
}

function offsetOf(text: string, line: number, column: number): number {
  const ends = /\r\n?|\n/g;
  for (let at = 1; at < line; at++) if (ends.exec(text) === null) break;
  return advanceCodePoints(text, ends.lastIndex, column - 1);
}
