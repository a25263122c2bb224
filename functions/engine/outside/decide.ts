import type { Effect, IndexDefinition, Presence } from "../sql/effect.ts";
import { quoteIdentifier } from "../sql/quote.ts";
import { type Found, type FoundIndex, isLeftover, type RebuiltIndex } from "./found.ts";
import { spelled } from "./related.ts";

/** What is to be done about a statement, after a look at the catalog. */
export type Decision =
  | { readonly kind: "done" }
  /** `repair` goes before it, one by one; `instead` is run in its place. */
  | { readonly kind: "run"; readonly repair: readonly string[]; readonly instead: string | null }
  /** Somebody else works on the same object: its state means nothing yet. */
  | { readonly kind: "wait"; readonly pids: readonly number[] }
  | { readonly kind: "refuse"; readonly message: string };

const DONE: Decision = { kind: "done" };
const RUN: Decision = { kind: "run", repair: [], instead: null };

/**
 * `before` is what the catalog showed before the first try; null where this is the first. What was there before
 * is not our doing: then the statement runs, and the server's own error tells.
 */
export function decide(effect: Effect, found: Found, before: Found | null): Decision {
  if (effect.kind === "create-index" && found.kind === "create-index") {
    const was = before?.kind === "create-index" ? before : null;
    return decideIndex(effect, found, was);
  }
  if (effect.kind === "reindex" && found.kind === "reindex") {
    return decideReindex(effect, found, before?.kind === "reindex" ? before : null);
  }
  if (effect.kind === "detach" && found.kind === "detach") {
    return decideDetach(effect, found, before?.kind === "detach" ? before : null);
  }
  if (effect.kind === "presence" && found.kind === "presence") {
    return decidePresence(effect, found, before?.kind === "presence" ? before : null);
  }
  throw new Error(`a look of kind ${found.kind} at an effect of kind ${effect.kind}`);
}

type Of<Kind extends Found["kind"]> = Extract<Found, { kind: Kind }>;
type EffectOf<Kind extends Effect["kind"]> = Extract<Effect, { kind: Kind }>;

function decideIndex(
  effect: EffectOf<"create-index">,
  { index, busy }: Of<"create-index">,
  before: Of<"create-index"> | null,
): Decision {
  if (index === null) return RUN;
  if (!isAsked(effect, index)) {
    return {
      kind: "refuse",
      message: `The index ${index.name} is there as \`${index.text}\`, which is not what the script says.`,
    };
  }
  if (!index.valid) {
    if (busy.length > 0) return { kind: "wait", pids: busy };
    return { kind: "run", repair: [dropIndex(index)], instead: null };
  }
  const ours = before !== null && before.index?.oid !== index.oid;
  return ours || effect.if_not_exists ? DONE : RUN;
}

const isAsked = (effect: EffectOf<"create-index">, index: FoundIndex): boolean =>
  index.relkind === "i" && index.on_table && isSame(effect.definition, index.definition);

function isSame(asked: IndexDefinition, found: IndexDefinition): boolean {
  const { method, unique, nulls_not_distinct, predicate } = asked;
  return (
    method === found.method &&
    unique === found.unique &&
    nulls_not_distinct === found.nulls_not_distinct &&
    predicate === found.predicate &&
    asked.keys.length === found.keys.length &&
    asked.keys.every(({ column, descending, nulls_first }, i) => {
      const key = found.keys[i];
      return column === key?.column && descending === key.descending && nulls_first === key.nulls_first;
    }) &&
    asked.included.join("\n") === found.included.join("\n")
  );
}

function decideReindex(
  effect: EffectOf<"reindex">,
  found: Of<"reindex">,
  before: Of<"reindex"> | null,
): Decision {
  const leftovers = found.indexes.filter(isLeftover);
  if (leftovers.length > 0 && found.busy.length > 0) return { kind: "wait", pids: found.busy };
  if (before !== null && isRebuilt(effect, found, before)) return DONE;
  return { kind: "run", repair: leftovers.map(dropIndex), instead: null };
}

/** Each index is another one by now, and nothing is left over. */
function isRebuilt({ object }: EffectOf<"reindex">, found: Of<"reindex">, before: Of<"reindex">): boolean {
  const now = new Map(found.indexes.map((index) => [`${index.schema}.${index.name}`, index]));
  const rebuilt = before.indexes.filter(
    (index) => !isLeftover(index) && !index.exclusion && (index.valid || object === "index"),
  );
  return (
    rebuilt.length > 0 &&
    !found.indexes.some(isLeftover) &&
    rebuilt.every(({ schema, name, oid }) => {
      const index = now.get(`${schema}.${name}`);
      return index === undefined || (index.valid && index.oid !== oid);
    })
  );
}

function decideDetach(
  effect: EffectOf<"detach">,
  { state, busy }: Of<"detach">,
  before: Of<"detach"> | null,
): Decision {
  if (state === "detached") return before !== null && before.state !== "detached" ? DONE : RUN;
  if (state === "attached") return RUN;
  if (busy.length > 0) return { kind: "wait", pids: busy };
  const instead = `ALTER TABLE ${spelled(effect.parent)} DETACH PARTITION ${spelled(effect.partition)} FINALIZE`;
  return { kind: "run", repair: [], instead };
}

function decidePresence(
  { made, tolerant }: Presence,
  found: Of<"presence">,
  before: Of<"presence"> | null,
): Decision {
  if (isAnother(found, before)) return DONE;
  const { present } = found;
  if (present !== made) return RUN;
  const ours = before !== null && before.present !== made;
  return ours || tolerant ? DONE : RUN;
}

/**
 * The one that was there at first is gone, and its name means one in another schema of the search path by now:
 * the statement would drop that as well.
 */
const isAnother = (found: Of<"presence">, before: Of<"presence"> | null): boolean =>
  found.present && before?.present === true && found.schema !== before.schema;

const dropIndex = ({ schema, name }: Pick<RebuiltIndex, "schema" | "name">): string =>
  `DROP INDEX CONCURRENTLY ${quoteIdentifier(schema)}.${quoteIdentifier(name)}`;

/** Whether the catalog shows the effect after a try that was answered without an error. */
export function shows(effect: Effect, found: Found, before: Found): boolean {
  if (effect.kind === "create-index" && found.kind === "create-index") {
    return found.index?.valid === true && isAsked(effect, found.index);
  }
  if (effect.kind === "reindex" && found.kind === "reindex" && before.kind === "reindex") {
    // A table without an index has nothing to rebuild.
    const nothing = before.indexes.every((index) => isLeftover(index) || index.exclusion || !index.valid);
    return isRebuilt(effect, found, before) || (effect.object === "table" && nothing);
  }
  if (effect.kind === "detach") return found.kind === "detach" && found.state === "detached";
  if (effect.kind !== "presence" || found.kind !== "presence") return false;
  return found.present === effect.made || (before.kind === "presence" && isAnother(found, before));
}
