import type { Bundle } from "./bundle/bundle.ts";
import { type Fault, fault } from "./errors.ts";
import type { History } from "./history.ts";
import { partialOf } from "./partial.ts";
import type { Plan } from "./plan.ts";
import type { PartialMigration } from "./report.ts";
import type { ChangeRequest } from "./request.ts";

/**
 * Refuses what would pull the ground from under a migration that is half done outside a transaction. Its next run
 * goes on behind what is recorded as done, and would not see that a rollback below has taken that away.
 */
export function halfDoneFaults(
  bundle: Bundle,
  history: History,
  { command }: ChangeRequest,
  { steps }: Pick<Plan, "steps">,
): readonly Fault[] {
  const held = new Set(bundle.migrations.map(({ version }) => String(version)));
  return partialOf(bundle, history).flatMap((half): readonly Fault[] => {
    if (half.direction === "down") return command === "up" ? [halfRolledBack(half)] : [];
    if (command === "rollback") return steps.length > 0 ? [halfApplied(half)] : [];
    return held.has(half.version) ? [] : [withoutFile(half, bundle)];
  });
}

const named = ({ label, name }: PartialMigration): string => (name === "" ? label : `${label}_${name}`);

const mark = ({ label }: PartialMigration, to: "applied" | "pending"): string =>
  `\`paws-migrate mark ${label} ${to} --reason TEXT\``;

const halfRolledBack = (half: PartialMigration): Fault =>
  fault("half-done", `The rollback of ${named(half)} was begun, and is not finished.`, {
    remedy: `Finish it with \`paws-migrate rollback\`, or bring back by hand what it removed and say so: ${mark(half, "applied")}.`,
  });

const halfApplied = (half: PartialMigration): Fault =>
  fault(
    "half-done",
    `${named(half)} was begun, and is not finished: what is done of it may rest on what would go.`,
    {
      remedy: `Finish it with \`paws-migrate up\`, or undo by hand what is done of it and say so: ${mark(half, "pending")}.`,
    },
  );

const withoutFile = (half: PartialMigration, bundle: Bundle): Fault =>
  fault(
    "half-done",
    `${named(half)} was begun, and is not finished, and the bundle ${bundle.options.name} has no such file.`,
    {
      remedy: `Bring the file back under its version, or undo by hand what is done of it and say so: ${mark(half, "pending")}.`,
    },
  );
