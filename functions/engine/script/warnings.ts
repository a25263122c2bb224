import { type Fault, fault } from "../errors.ts";
import type { Lexed } from "../sql/lexed.ts";
import type { Span } from "../sql/spans.ts";
import { FaultList } from "./fault_list.ts";
import type { ScriptFile, ScriptRole } from "./script.ts";

/** What a script is warned of that is fit to run. `adjusted` is where pg_dump's prologue begins, or null. */
export function scriptWarnings(
  file: ScriptFile,
  role: ScriptRole,
  lexed: Pick<Lexed, "long_names">,
  statements: readonly unknown[],
  adjusted: Span | null,
): readonly Fault[] {
  const warnings = new FaultList(file);
  if (adjusted !== null) {
    const message = "The settings of pg_dump's prologue end with this step; its limits of 0 are left out.";
    warnings.add("prologue-adjusted", message, adjusted.start);
  }
  for (const { start, end } of lexed.long_names) {
    const name = file.text.slice(start, end);
    warnings.add("identifier-truncated", `The server cuts the name \`${name}\` to 63 bytes.`, start);
  }
  const empty = role === "up" && statements.length === 0;
  const message = `${file.path} holds no statement.`;
  return [...(empty ? [fault("empty-migration", message, { file: file.path })] : []), ...warnings.sorted()];
}
