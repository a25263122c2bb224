import type { Fault } from "../errors.ts";
import { atLine } from "./layout_faults.ts";
import { linesOf } from "./marked_lines.ts";
import type { PileFile } from "./pile_file.ts";

/** A change of the plan. */
export interface PlannedChange {
  readonly name: string;
  /** Line of the plan. */
  readonly line: number;
  readonly requires: readonly string[];
  readonly conflicts: readonly string[];
  /** ISO 8601, as the plan has it. */
  readonly planned_at: string;
  readonly planner: string;
  readonly note: string;
  /** Of the tags that stand behind it, before the next change, in order. */
  readonly tags: readonly string[];
}

export interface SqitchPlan {
  /** In the order in which they are deployed. */
  readonly changes: readonly PlannedChange[];
  readonly faults: readonly Fault[];
}

const PRAGMA = /^%\s*([\w-]+)\s*(?:=\s*(.*))?$/;
/** In characters: what is longer is no line of a plan, and would take long to be read as one. */
const LONGEST_LINE = 4_000;
const STAMP = String.raw`(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ)\s+(.+?\s*<[^<>\s]+>)\s*(?:#\s?(.*))?$`;
const CHANGE = new RegExp(String.raw`^([+-]?)\s*([^\s\[\]#]+)\s*(?:\[([^\]]*)\])?\s+${STAMP}`);
const TAG = new RegExp(String.raw`^@(\S+)\s+${STAMP}`);
/** Punctuation at neither end, none of `:@#\` within, and no symbol with a number at the end. */
const NAME = /^(?![\p{P}\p{S}])(?!.*[:@#\\\s])(?!.*[~^/=%]\d+$).*(?<![\p{P}\p{S}])$/su;

/** Reads a sqitch.plan; every line that is neither pragma, change, tag, comment nor empty is a fault. (Sqitch, "sqitchchanges" and its plan format.) */
export function readSqitchPlan({ path, text }: PileFile): SqitchPlan {
  const faults: Fault[] = [];
  const changes: (PlannedChange & { readonly tags: string[] })[] = [];
  const tagged = new Set<string>();
  let has_project = false;
  const wrong = (line: number, said: string) =>
    faults.push(atLine("layout-bad-marker", path, line, `Line ${line} of ${path} ${said}.`));
  for (const { text: whole, number } of linesOf(text)) {
    const line = whole.trim();
    if (/^(?:#|$)/.test(line)) continue;
    if (line.length > LONGEST_LINE) {
      wrong(number, `has ${line.length} characters; ${LONGEST_LINE} are the limit`);
      continue;
    }
    const pragma = PRAGMA.exec(line);
    const tag = pragma === null ? TAG.exec(line) : null;
    const change = pragma === null && tag === null ? CHANGE.exec(line) : null;
    if (pragma !== null) {
      if (pragma[1] === "project") has_project = (pragma[2] ?? "") !== "";
    } else if (tag !== null) {
      const [, name = ""] = tag;
      const last = changes.at(-1);
      if (last === undefined) wrong(number, "has a tag before the first change");
      else if (tagged.has(name)) wrong(number, `has the tag @${name} a second time`);
      else if (!isName(name) || name.includes("/"))
        wrong(number, `has a tag that Sqitch would not take: @${name}`);
      else last.tags.push(name);
      tagged.add(name);
    } else if (change === null) wrong(number, "is no change, tag, pragma or comment of a plan");
    else {
      const [, sign, name = "", needs = "", planned_at = "", planner = "", note = ""] = change;
      if (sign === "-") wrong(number, "takes a change back, which Sqitch does not carry out either");
      else if (!isName(name))
        wrong(number, `has a change that Sqitch would not take: ${JSON.stringify(name)}`);
      else changes.push({ name, line: number, ...needed(needs), planned_at, planner, note, tags: [] });
    }
  }
  if (!has_project) wrong(1, "comes without %project");
  return { changes, faults };
}

/** Its name is part of a path, below the folder of its scripts and nowhere else. */
const isName = (name: string): boolean =>
  NAME.test(name.replaceAll("_", "a")) &&
  name.split("/").every((part) => part !== "" && part !== "." && part !== "..");

function needed(text: string) {
  const all = text.split(/\s+/).filter((one) => one !== "");
  return {
    requires: all.filter((one) => !one.startsWith("!")),
    conflicts: all.filter((one) => one.startsWith("!")).map((one) => one.slice(1)),
  };
}
