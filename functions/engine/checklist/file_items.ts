import type { AnyMigration, Bundle, Migration, Repeatable } from "../bundle/bundle.ts";
import type { PlanReport } from "../report.ts";
import type { ChecklistItem } from "../report_settled.ts";
import { stepName } from "../step_name.ts";
import { asks, fails, named, passes, warns } from "./item.ts";

/** What is pending, and what the plan says of it. */
export interface Pending {
  readonly migrations: readonly Migration[];
  /** Without rollback scripts: what they made is replaced, never rolled back. */
  readonly repeatables: readonly Repeatable[];
  readonly plan: PlanReport;
  /** Versions that were applied and rolled back in this database. */
  readonly round_trips: ReadonlySet<string>;
}

export function pendingOf(bundle: Bundle, plan: PlanReport, round_trips: ReadonlySet<string>): Pending {
  const planned = new Set(plan.steps.map(({ version }) => version));
  const repeated = new Set(plan.steps.flatMap(({ version, name }) => (version === null ? name : [])));
  return {
    migrations: bundle.migrations.filter(({ version }) => planned.has(String(version))),
    repeatables: bundle.repeatables.filter(({ name }) => repeated.has(name)),
    plan,
    round_trips,
  };
}

const labels = (migrations: readonly Pick<AnyMigration, "label" | "name">[]): string =>
  named(migrations.map((one) => (one.label === "" ? stepName(one) : one.label)));

export function scriptsItem({ plan }: Pending): ChecklistItem {
  const [first] = plan.refusals;
  if (first === undefined) return passes("scripts", `${plan.steps.length} pending.`);
  return fails("scripts", `${first.message} (\`paws-migrate plan\` shows all ${plan.refusals.length}.)`);
}

export function rollbackItem({ migrations }: Pending): ChecklistItem {
  const without = migrations.filter(
    ({ rollback, directives }) => rollback === null && directives.irreversible === null,
  );
  if (without.length > 0) return fails("rollback", `None: ${labels(without)}.`);
  const irreversible = migrations.filter(({ directives }) => directives.irreversible !== null);
  return irreversible.length > 0
    ? warns("rollback", `Cannot be rolled back, as they say: ${labels(irreversible)}.`)
    : passes("rollback");
}

export function verificationItem({ migrations, repeatables, plan }: Pending): ChecklistItem {
  const without = [...migrations, ...repeatables].filter(({ verify }) => verify === null);
  if (without.length > 0) return fails("verification", `None: ${labels(without)}.`);
  const idle = plan.warnings.filter(({ code }) => code === "verification-checks-nothing");
  return idle.length > 0
    ? fails("verification", `Check nothing: ${named(idle.map(({ file }) => file ?? ""))}.`)
    : passes("verification");
}

export function roundTripItem({ migrations, round_trips }: Pending): ChecklistItem {
  const unproven = migrations.filter(({ version }) => !round_trips.has(String(version)));
  if (unproven.length === 0) return passes("round-trip", "In this database.");
  return asks(
    "round-trip",
    `Not in this database: ${labels(unproven)}. On another: \`paws-migrate up\`, \`paws-migrate rollback --steps ${unproven.length}\`, \`paws-migrate up\`.`,
  );
}

export function breakingItem({ migrations, repeatables }: Pending): ChecklistItem {
  const all = [...migrations, ...repeatables];
  const silent = all.filter(({ header }) => header.breaking_changes === null);
  const breaking = all.filter(({ header }) => /^yes\b/i.test(header.breaking_changes ?? ""));
  if (breaking.length > 0) return asks("breaking", `They say yes: ${labels(breaking)}.`);
  return silent.length > 0
    ? warns("breaking", `Their NOTES do not say \`Breaking Changes\`: ${labels(silent)}.`)
    : passes("breaking", "None is declared.");
}

export function durationItem({ plan }: Pending): ChecklistItem {
  const unknown = plan.steps.filter((_, i) => plan.details[i]?.known_duration_ms == null);
  if (unknown.length > 0) {
    return warns("duration", `Neither their NOTES nor this database tell: ${labels(unknown)}.`);
  }
  const ms = plan.details.reduce((sum, { known_duration_ms }) => sum + (known_duration_ms ?? 0), 0);
  return passes("duration", `About ${(ms / 1000).toFixed(1)} s.`);
}
