import { placeIn } from "../placeholders/filled.ts";
import { lex } from "../sql/lex.ts";
import { parseStatement } from "../sql/parse.ts";
import { quoteLiteral } from "../sql/quote.ts";
import { type Setting, settingsOf } from "../sql/setting.ts";
import { survey } from "../sql/survey.ts";
import { adjustPrologue, type PrologueMember } from "./prologue.ts";
import type { ScriptFile } from "./script.ts";

/** What a file sets beyond its own end, where one session runs it and those behind it. */
export interface LeftSetting {
  /** Lower case. */
  readonly name: string;
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** Sets it again, for a session, and for a transaction. */
  readonly sql: string;
  readonly local_sql: string;
}

/** In order of the file. `reset` undoes what was set before, of `*` all of it. */
export type LeftChange =
  | { readonly kind: "set"; readonly setting: LeftSetting }
  | { readonly kind: "reset"; readonly name: string };

/** The job's own, or none that changes what SQL means: they end with their file in any case. */
const NEVER_SHARED =
  /^(role|session_authorization|(default_)?transaction_\w+|client_encoding|standard_conforming_strings|synchronous_commit|\w+_timeout|client_connection_check_interval|tcp_\w+|application_name)$/;
/** A cheap look at a statement before it is parsed. */
const MAY_SET = /^(?:set|reset)\b|\bset_config\b/i;
const SET = /^set\s+(?:session\s+)?/i;
/** A SELECT that does nothing but set; whatever else could decide whether it does. */
const ARGUMENTS = String.raw`\((?:[^()']|'(?:[^']|'')*')*\)`;
const ONLY_SET_CONFIGS = new RegExp(
  String.raw`^select\s+(?:(?:pg_catalog\s*\.\s*)?set_config\s*${ARGUMENTS}\s*(?:,\s*(?=\S)|$))+$`,
  "i",
);

const NOTHING: PrologueMember = { type: "", settings: [], text: "" };

/**
 * The settings that a file leaves, as far as its text tells: SET, RESET and set_config() of constants. pg_dump's prologue
 * ends with its file. `loadParser()` must have been awaited; what does not parse is passed over.
 */
export function leftSettings(file: ScriptFile): readonly LeftChange[] {
  const { text } = file;
  if (!/\b(?:set|reset|set_config)\b/i.test(text)) return [];
  const starts: number[] = [];
  const members: PrologueMember[] = [];
  for (const { start, end } of lex(text).statements) {
    starts.push(start);
    members.push(memberOf(text.slice(start, end)));
  }
  const adjusted = adjustPrologue(members);
  return members.flatMap((member, i) =>
    member.settings.length === 0 || adjusted.has(i) ? [] : changesOf(member, file, starts[i] ?? 0),
  );
}

function memberOf(sql: string): PrologueMember {
  if (!MAY_SET.test(sql)) return NOTHING;
  const parsed = parseStatement(sql);
  if (parsed.kind === "error") return NOTHING;
  const { type, tree } = parsed;
  return { type, settings: settingsOf(type, tree, survey(type, tree)), text: sql };
}

function changesOf(member: PrologueMember, file: ScriptFile, start: number): readonly LeftChange[] {
  const { line } = placeIn(file, start);
  return member.settings.flatMap((setting): readonly LeftChange[] => {
    const { name, kind, local } = setting;
    if (kind === "reset") return [{ kind, name }];
    const again = local || NEVER_SHARED.test(name) ? null : howAgain(member, setting);
    return again === null ? [] : [{ kind, setting: { name, file: file.path, line, ...again } }];
  });
}

/** What sets it again; null where the text does not tell. */
function howAgain(
  { type, text }: PrologueMember,
  setting: Setting,
): Pick<LeftSetting, "sql" | "local_sql"> | null {
  const { name, value, by } = setting;
  if (by === "function") {
    if (value === null || !ONLY_SET_CONFIGS.test(text)) return null;
    const call = (local: boolean) =>
      `SELECT pg_catalog.set_config(${quoteLiteral(name)}, ${quoteLiteral(value)}, ${local})`;
    return { sql: call(false), local_sql: call(true) };
  }
  const local_sql = text.replace(SET, "SET LOCAL ");
  const parsed = parseStatement(local_sql);
  const read = parsed.kind === "error" ? [] : settingsOf(type, parsed.tree, { calls: [] });
  const same = read.length === 1 && read[0]?.local === true && read[0].name === name;
  return same ? { sql: text, local_sql } : null;
}
