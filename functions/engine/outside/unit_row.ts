import { veiledText } from "../placeholders/filled.ts";
import { startStatement } from "../registry/statements.ts";
import type { Message } from "../seam.ts";
import type { Effect } from "../sql/effect.ts";
import type { Due } from "./context.ts";
import { subject } from "./related.ts";

/** What names a unit's row. A verification has no such rows. */
export const keyOf = ({ step, unit }: Due) => ({
  version: step.planned.migration.version,
  direction: step.planned.direction === "down" ? ("down" as const) : ("up" as const),
  position: unit.position,
  hash: unit.hash,
});

/** `found`: what the catalog shows before the first try; a later one keeps what the first one wrote. */
export function start(due: Due, found: unknown): Message {
  const { unit, context, script } = due;
  const identity = unit.kind === "looked" ? veiledText(script.file, identityOf(unit.effect)) : null;
  return startStatement(context.tables, {
    ...keyOf(due),
    kind: unit.kind === "transactional" ? unit.kind : unit.what,
    identity,
    found,
    run_id: context.run_id,
  });
}

/** The object that a statement is about, for the reader of the table. */
function identityOf(effect: Effect): string {
  switch (effect.kind) {
    case "create-index":
      return `index ${effect.index} on ${subject(effect)}`;
    case "reindex":
      return `${effect.object} ${subject(effect)}`;
    case "detach":
      return `partition ${effect.partition.name} of ${subject(effect)}`;
    case "presence":
      return effect.object === "label"
        ? `label ${effect.label} of ${effect.name.name}`
        : `${effect.object} ${effect.name.name}`;
  }
}
