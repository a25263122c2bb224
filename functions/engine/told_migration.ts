import type { BaselineRow } from "./report_settled.ts";

/** A migration as reports, and the plan of a run's row, name it. */
export const toldMigration = (one: {
  readonly version: bigint;
  readonly label: string;
  readonly name: string;
}): BaselineRow => ({ version: String(one.version), label: one.label, name: one.name });
