import { type Fault, fault } from "../errors.ts";
import type { StatementRow } from "../registry/statements.ts";
import type { Script, WorkUnit } from "../script/script.ts";
import type { PreparedStep } from "../step/messages.ts";
import { lineOf } from "./came_to.ts";

/** Refuses scripts of which a part that an earlier run began was edited since: nobody could tell what is done of it. */
export function underwayFaults(
  steps: readonly PreparedStep[],
  statements: readonly StatementRow[],
): readonly Fault[] {
  return steps.flatMap(({ planned, script }) => {
    const begun = statements.filter(
      ({ version, direction }) => version === planned.migration.version && direction === planned.direction,
    );
    const units = new Map(
      script.units.flatMap((unit) => (unit.kind === "setting" ? [] : [[unit.position, unit] as const])),
    );
    return begun
      .filter(({ position, hash }) => units.get(position)?.hash !== hash)
      .slice(0, 1)
      .map((row) => changedUnderway(script, row, units.get(row.position) ?? null));
  });
}

function changedUnderway(script: Script, row: StatementRow, unit: WorkUnit | null): Fault {
  const { path } = script.file;
  const [statement] = unit?.statements ?? [];
  const state = row.state === "done" ? "done" : "begun";
  const what = row.identity === null ? row.kind : `${row.kind} of ${row.identity}`;
  const place = statement === undefined ? null : lineOf(script, statement);
  const settings = script.units.some(({ kind }) => kind === "setting");
  const under = settings ? ", under the search path before it" : "";
  const found =
    place === null ? "is not in the file any more" : `is not what stands in line ${place}${under}`;
  const message = `${path} was changed underway: statement ${row.position} (${what}) is ${state}, and ${found}.`;
  return fault("changed-underway", message, { file: path, line: place });
}
