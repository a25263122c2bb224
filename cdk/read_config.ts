import * as v from "valibot";
import { type DeployConfig, type ReadSections, SECTIONS } from "./config.ts";
import { ruleFaults } from "./config_rules.ts";

/** The configuration is wrong; the message holds one line for every fault. */
export class ConfigFault extends Error {
  override readonly name = "ConfigFault";
  readonly faults: readonly string[];
  constructor(from: string, faults: readonly string[]) {
    const count = faults.length === 1 ? "1 fault" : `${faults.length} faults`;
    super([`${from}: ${count}`, ...faults.map((line) => `  ${line}`)].join("\n"));
    this.faults = faults;
  }
}

/**
 * The checked configuration of one target. `from` says in messages where it was read, `certifies` whether a
 * file is there and holds certificates. Throws a ConfigFault that holds all faults.
 */
export function readConfig(value: unknown, from: string, certifies: (file: string) => boolean): DeployConfig {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new ConfigFault(from, ["expected an object"]);
  }
  const given: Record<string, unknown> = { ...value };
  const faults = Object.keys(given)
    .filter((key) => key !== "$schema" && !Object.hasOwn(SECTIONS, key))
    .map((key) => `${key}: unknown key; known are ${Object.keys(SECTIONS).join(", ")}`);
  const sections: Record<string, unknown> = {};
  for (const [key, schema] of Object.entries(SECTIONS)) {
    const read = v.safeParse(schema, given[key]);
    if (read.success) sections[key] = read.output;
    else faults.push(...read.issues.map((issue) => faultText(key, issue)));
  }
  // A section that could not be read has its fault already; the others are held against one another.
  faults.push(...ruleFaults(sections as ReadSections, certifies));
  if (faults.length > 0) throw new ConfigFault(from, faults);
  return sections as DeployConfig;
}

/** `database.port: found "x", wanted a number`. */
function faultText(section: string, issue: v.BaseIssue<unknown>): string {
  const path = [section, ...(issue.path ?? []).map(({ key }) => String(key))].join(".");
  if (issue.type === "strict_object" && issue.expected === "never") {
    const parent = issue.path?.at(-1)?.input;
    const mode = typeof parent === "object" && parent !== null && "mode" in parent ? parent.mode : null;
    return `${path}: unknown key${mode === null ? "" : ` where mode is ${JSON.stringify(mode)}`}`;
  }
  if (issue.input === undefined) return `${path}: missing; wanted ${wanted(issue)}`;
  return `${path}: found ${JSON.stringify(issue.input) ?? "nothing"}, wanted ${wanted(issue)}`;
}

const KINDS: Readonly<Record<string, string>> = {
  Object: "an object",
  Array: "a list",
  string: "text",
  number: "a number",
  boolean: "true or false",
};

/** The schema's own words where it has some, else what kind of value it expected. */
function wanted({ message, expected }: v.BaseIssue<unknown>): string {
  if (!message.startsWith("Invalid ")) return message;
  return expected === null ? "another value" : (KINDS[expected] ?? expected);
}
