import type { Fault } from "#engine/errors.ts";
import {
  loadParser,
  readScript,
  type Script,
  type ScriptOptions,
  type ScriptRole,
} from "#engine/script/script.ts";

await loadParser();

const OPTIONS: ScriptOptions = { allow: [], history_schema: "public", under_role: false, placeholders: null };

export const scriptFile = (text: string) => ({ path: "1_a.sql", text, checksum: "", checksum_raw: "" });

/** Reads a text as a script, with the defaults of a bundle. */
export function read(
  text: string,
  role: ScriptRole = "up",
  options: Partial<ScriptOptions> = {},
): { readonly script: Script | null; readonly faults: readonly Fault[] } {
  return readScript(scriptFile(text), role, { ...OPTIONS, ...options });
}

/** The script of a text that holds nothing to refuse. */
export function accepted(
  text: string,
  role: ScriptRole = "up",
  options: Partial<ScriptOptions> = {},
): Script {
  const { script, faults } = read(text, role, options);
  if (script === null) throw new Error(faults.map(spell).join("\n"));
  return script;
}

/** The texts of the statements that would be sent. */
export const sent = (text: string, role: ScriptRole = "up"): readonly string[] =>
  Array.from(
    accepted(text, role).statements,
    ({ start, end, replacement }) => replacement ?? text.slice(start, end),
  );

/** `line:column code` of every fault. */
export const refused = (
  text: string,
  role: ScriptRole = "up",
  options: Partial<ScriptOptions> = {},
): readonly string[] =>
  read(text, role, options).faults.map((fault) => `${fault.line}:${fault.column} ${fault.code}`);

const spell = (fault: Fault): string => `${fault.line}:${fault.column} ${fault.code} ${fault.message}`;
