import type { VersionedStep } from "../plan.ts";
import type { StatementRow } from "../registry/statements.ts";
import type { Script, Statement, WorkUnit } from "../script/script.ts";
import type { PreparedStep } from "../step/messages.ts";
import type { StepsContext } from "../step/record.ts";

/** A step that is not one transaction; never of a repeatable migration. */
export type OutsideStep = PreparedStep<VersionedStep>;

/** One unit of a step that is due, and all that its run must know. */
export interface Due<Kind extends WorkUnit = WorkUnit> {
  readonly step: OutsideStep;
  readonly script: Script;
  readonly unit: Kind;
  /** The number of its first statement within the script, from 1. */
  readonly first: number;
  /** The settings that stand before it in the file. */
  readonly settings: readonly Statement[];
  /** Its row, where an earlier run began it. */
  readonly row: StatementRow | null;
  readonly context: StepsContext;
}
