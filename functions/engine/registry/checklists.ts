import type { Phase } from "../checklist/item.ts";
import type { ChecklistItem } from "../report_settled.ts";
import { ALL_ROWS, type Message, type Result } from "../seam.ts";
import type { QualifiedTables } from "./tables.ts";

/** A checklist that was gone through for a run. */
export interface ChecklistRow {
  readonly run_id: string;
  readonly phase: Phase;
  readonly requested_by: string | null;
  readonly items: readonly ChecklistItem[];
}

export const recordChecklist = (t: QualifiedTables, row: ChecklistRow): Message => ({
  text: `INSERT INTO ${t.checklists} (run_id, phase, requested_by, items)
    SELECT $1::pg_catalog.text, $2::pg_catalog.text, $3::pg_catalog.text, $4::pg_catalog.jsonb`,
  values: [row.run_id, row.phase, row.requested_by, JSON.stringify(row.items)],
});

/** Versions that were rolled back after they had been applied, by a run of this job. */
export const roundTripsQuery = (t: QualifiedTables): Message => ({
  text: `SELECT DISTINCT a.version FROM ${t.events} a JOIN ${t.events} r ON r.version OPERATOR(pg_catalog.=) a.version
      AND r.event_id OPERATOR(pg_catalog.>) a.event_id AND r.success AND r.action OPERATOR(pg_catalog.=) 'rollback'
    WHERE a.success AND a.action OPERATOR(pg_catalog.=) 'apply'`,
  rows_kept: ALL_ROWS,
});

export const toRoundTrips = (result: Result | undefined): ReadonlySet<string> =>
  new Set((result?.rows ?? []).flatMap(([version]) => version ?? []));
