import type { Fault } from "../errors.ts";
import { codeOnly } from "./code_only.ts";
import { atLine } from "./layout_faults.ts";
import { ROLLBACK, ROLLBACK_OPENS } from "./liquibase_marks.ts";
import { cutLines, type Line } from "./marked_lines.ts";
import type { PileMigration, PileScript } from "./pile.ts";
import type { PileFile } from "./pile_file.ts";
import { forwardOnly } from "./script_parts.ts";

/** One changeset of a formatted SQL changelog. */
export interface Changeset {
  readonly migration: PileMigration;
  readonly path: string;
  readonly line: number;
  /** Why Liquibase does not run it on PostgreSQL. */
  readonly passed_over: string | null;
  readonly untranslated: readonly Fault[];
}

export interface Heading {
  readonly author: string;
  readonly id: string;
  readonly attributes: ReadonlyMap<string, string>;
  /** The line that names it, and its last line. */
  readonly head: number;
  readonly last: number;
  readonly logical: string | undefined;
}

/** Attributes that say nothing which is not so here anyway, or that are translated. */
const CARRIED = new Set([
  "runintransaction",
  "runonchange",
  "splitstatements",
  "rollbacksplitstatements",
  "enddelimiter",
  "rollbackenddelimiter",
  "stripcomments",
  "logicalfilepath",
  "dbms",
  "ignore",
  "created",
]);

/** Reads one changeset, whose SQL and rollback are the lines behind its own. */
export function changesetOf(
  { path, text, base }: PileFile,
  lines: readonly Line[],
  heading: Heading,
  taken: ReadonlySet<number>,
): Changeset {
  const { author, id, attributes, head, last } = heading;
  const rollback = rollbackLines(lines.slice(head, last), taken);
  const marks = new Set([...taken, ...rollback.marks]);
  const delimiter = attributes.get("enddelimiter") ?? ";";
  const down = rollbackScript(path, lines, text, rollback.lines);
  const file = attributes.get("logicalfilepath") ?? heading.logical ?? path;
  const is = (key: string, value: string) => attributes.get(key)?.toLowerCase() === value;
  const migration: PileMigration = {
    ...forwardOnly(
      `${file}::${id}::${author}`,
      `${base.replace(/\.sql$/i, "")}_${id}`,
      delimited(cutLines(path, text, lines, head + 1, last, marks), delimiter),
    ),
    down: down === null ? null : delimited(down, attributes.get("rollbackenddelimiter") ?? delimiter),
    repeatable: is("runonchange", "true") || is("runalways", "true"),
    transactional: attributes.has("runintransaction") ? !is("runintransaction", "false") : null,
    notes: [`Author: ${author}`, `Changeset ${id} of ${file}`],
  };
  return {
    migration,
    path,
    line: head,
    passed_over: passedOver(attributes),
    untranslated: [
      ...optionFaults(path, head, attributes, delimiter),
      ...[...rollback.lines]
        .filter(([, sql]) => /^\s*changesetid:/i.test(sql))
        .map(([line]) =>
          atLine("untranslated-option", path, line, "The rollback is that of another changeset.", {
            remedy: "Write the SQL that goes back; or go on with --skip.",
          }),
        ),
    ],
  };
}

function passedOver(attributes: ReadonlyMap<string, string>): string | null {
  if (attributes.get("ignore")?.toLowerCase() === "true") return "it is marked as ignored";
  const servers = (attributes.get("dbms") ?? "").split(",").map((one) => one.trim().toLowerCase());
  const [first = ""] = servers;
  if (first === "" || first === "all") return null;
  const named = servers.some((one) => one === "postgresql" || (one.startsWith("!") && one !== "!postgresql"));
  return named && !servers.includes("!postgresql") ? null : "it is not for PostgreSQL";
}

function optionFaults(
  path: string,
  line: number,
  attributes: ReadonlyMap<string, string>,
  delimiter: string,
): readonly Fault[] {
  const option = (key: string, said: string) =>
    atLine("untranslated-option", path, line, `\`${key}\` ${said}.`);
  return [
    ...[...attributes]
      .filter(([key]) => !CARRIED.has(key))
      .map(([key, value]) => option(`${key}:${value}`, "has no counterpart here")),
    ...(isDelimiter(delimiter)
      ? []
      : [option(`endDelimiter:${delimiter}`, "is a pattern, which is not read")]),
  ];
}

const isDelimiter = (delimiter: string): boolean => /^(?:[;/@$!~#%&|]{1,3}|go)$/i.test(delimiter);

/** The rollback's SQL by line. `empty` and `not required` are none. */
function rollbackLines(lines: readonly Line[], ignored: ReadonlySet<number>) {
  const found = new Map<number, string>();
  const marks = new Set<number>();
  let inBlock = false;
  for (const { number, text } of lines) {
    if (ignored.has(number)) continue;
    if (inBlock) {
      marks.add(number);
      inBlock = !text.trimEnd().endsWith("*/");
      const sql = inBlock ? text : text.trimEnd().slice(0, -2);
      if (sql.trim() !== "") found.set(number, sql);
    } else if (ROLLBACK_OPENS.test(text)) {
      marks.add(number);
      inBlock = true;
    } else {
      const [whole, sql = ""] = ROLLBACK.exec(text) ?? [];
      if (whole === undefined) continue;
      marks.add(number);
      if (!/^(?:empty|not\s+required)?\s*;?\s*$/i.test(sql)) found.set(number, sql);
    }
  }
  return { lines: found, marks };
}

/** Lines between those of the rollback are left empty, so that each keeps its place. */
function rollbackScript(
  path: string,
  lines: readonly Line[],
  text: string,
  found: ReadonlyMap<number, string>,
): PileScript | null {
  const [first] = found.keys();
  const last = [...found.keys()].at(-1);
  if (first === undefined || last === undefined) return null;
  const sql = lines
    .slice(first - 1, last)
    .map(
      ({ number, end }) => (found.get(number) ?? "") + text.slice(end, lines[number]?.start ?? text.length),
    );
  return { path, line: first, text: sql.join("") };
}

/** With `;` in the place of another delimiter, where it stands outside of literals and comments. */
function delimited(script: PileScript, delimiter: string): PileScript {
  if (delimiter === ";" || !isDelimiter(delimiter)) return script;
  const escaped = delimiter.replace(/[/$|]/g, "\\$&");
  const word = /^go$/i.test(delimiter);
  const pattern = new RegExp(word ? `^[ \\t]*${escaped}[ \\t]*$` : `${escaped}[ \\t]*$`, "gim");
  let out = "";
  let at = 0;
  for (const { 0: found, index } of codeOnly(script.text, "blank").matchAll(pattern)) {
    out += `${script.text.slice(at, index)};`;
    at = index + found.length;
  }
  return { ...script, text: out + script.text.slice(at) };
}
