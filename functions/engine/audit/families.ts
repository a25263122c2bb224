import { type ObjectChange, type ObjectName, spelled } from "./object_kinds.ts";
import type { ScriptFacts } from "./script_facts.ts";

/** A migration with what its script does, as candidates are found among them. */
export interface Candidate {
  readonly path: string;
  /** As `consolidate --versions` takes it. */
  readonly version: string;
  readonly facts: Pick<ScriptFacts, "objects" | "refers">;
}

/** Above this share of the tables the first word of their names is a prefix of the house and tells nothing. */
const PREFIX_SHARE = 0.5;
const FEW_TABLES = 6;

/** How a pile's tables are grouped by their names: `keys`, `key_orders` and `key_requests` are of the family `key`. */
export function familyNames(candidates: readonly Candidate[]): (table: ObjectName) => string {
  const tables = new Set(
    candidates.flatMap(({ facts }) => facts.objects.filter(isTable).map(({ name }) => name ?? "")),
  );
  const counts = new Map<string, number>();
  for (const table of tables) {
    const word = firstWord(table);
    counts.set(word, (counts.get(word) ?? 0) + 1);
  }
  const common = [...counts].find(([, count]) => count > tables.size * PREFIX_SHARE)?.[0];
  const prefix = tables.size >= FEW_TABLES ? common : undefined;
  return ({ schema, name }) => {
    const first = firstWord(name ?? "");
    const rest = (name ?? "").slice(first.length + 1);
    const word = first === prefix && rest !== "" ? firstWord(rest) : first;
    return `${schema === null ? "" : `${schema}.`}${singular(word)}`;
  };
}

/** The tables that a migration works on: those it makes, changes or drops, and those whose parts it does. */
export function subjects(candidate: Candidate): readonly ObjectName[] {
  const found = new Map<string, ObjectName>();
  for (const change of candidate.facts.objects) {
    const table = isTable(change) ? change : change.on;
    if (table !== null) found.set(spelled(table), table);
  }
  return [...found.values()];
}

const isTable = ({ kind }: ObjectChange): boolean => kind === "table";
const firstWord = (name: string): string => name.split("_", 1)[0] ?? "";

/** `keys` and `key`, `classes` and `class`, `capacities` and `capacity` are one. */
function singular(word: string): string {
  if (/ies$/.test(word)) return `${word.slice(0, -3)}y`;
  if (/(?:ss|sh|ch|x)es$/.test(word)) return word.slice(0, -2);
  return /[^s]s$/.test(word) ? word.slice(0, -1) : word;
}
