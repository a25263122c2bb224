import type { RepeatableRow } from "../history.ts";
import { ALL_ROWS, type Message, type Result } from "../seam.ts";
import { quoteLiteral } from "../sql/quote.ts";
import { iso } from "./read.ts";
import { KEY_OF_EVENT } from "./step_key.ts";
import type { QualifiedTables } from "./tables.ts";
import { type EventRow, withEvent } from "./write.ts";

/** A row of `schema_migration_repeatables` as it is written. */
export interface RepeatedRow extends Omit<RepeatableRow, "applied_at" | "rolled_back_since" | "event"> {
  readonly checksum_raw: string;
  readonly bundle_version: string | null;
}

const repeatEvents = ({ events }: QualifiedTables): string =>
  `SELECT name, pg_catalog.max(event_id) AS event_id FROM ${events}
      WHERE action OPERATOR(pg_catalog.=) 'repeat' AND success GROUP BY name`;

/** All of them, and whether a rollback came behind the last time that each was applied; by events, which have an order. */
export const repeatablesQuery = (t: QualifiedTables): Message => ({
  text: `SELECT r.name, r.checksum, r.bundle, r.run_id, ${iso("r.applied_at")}, r.duration_ms, coalesce(e.event_id, 0),
      coalesce((SELECT pg_catalog.max(b.event_id) FROM ${t.events} b WHERE b.action OPERATOR(pg_catalog.=) 'rollback' AND b.success)
        OPERATOR(pg_catalog.>) coalesce(e.event_id, 0), false)
    FROM ${t.repeatables} r LEFT JOIN (${repeatEvents(t)}) e ON e.name OPERATOR(pg_catalog.=) r.name
    ORDER BY r.name`,
  rows_kept: ALL_ROWS,
});

/** What was applied behind any of them, with the number of its last event. */
export const lastEventsQuery = (t: QualifiedTables): Message => ({
  text: `SELECT ${KEY_OF_EVENT}, pg_catalog.max(event_id) FROM ${t.events}
    WHERE success AND action OPERATOR(pg_catalog.=) ANY ('{apply,repeat}'::pg_catalog.text[])
      AND event_id OPERATOR(pg_catalog.>=) (SELECT pg_catalog.min(coalesce(e.event_id, 0))
        FROM ${t.repeatables} r LEFT JOIN (${repeatEvents(t)}) e ON e.name OPERATOR(pg_catalog.=) r.name)
    GROUP BY 1`,
  rows_kept: ALL_ROWS,
});

export const toLastEvents = (result: Result | undefined): ReadonlyMap<string, bigint> =>
  new Map((result?.rows ?? []).map(([key, event]) => [key ?? "", BigInt(event ?? 0)]));

export const toRepeatables = (result: Result | undefined): readonly RepeatableRow[] =>
  (result?.rows ?? []).map(
    ([name, checksum, bundle, run_id, applied_at, duration, event, rolled_back_since]) => ({
      name: name ?? "",
      checksum: checksum ?? "",
      bundle: bundle ?? "",
      run_id: run_id ?? "",
      applied_at: applied_at ?? "",
      duration_ms: duration === null || duration === undefined ? null : Number(duration),
      rolled_back_since: rolled_back_since === "t",
      event: BigInt(event ?? 0),
    }),
  );

/** Whether a repeatable migration was last applied by this run; null: by none. A condition within a text of ours. */
export const lastAppliedBy = (repeatables: string, name: string, run_id: string | null): string =>
  `coalesce((SELECT run_id FROM ${repeatables} WHERE name OPERATOR(pg_catalog.=) ${quoteLiteral(name)}), '')` +
  ` OPERATOR(pg_catalog.=) ${quoteLiteral(run_id ?? "")}`;

/** Its row as it was applied now, with the event. */
export function recordRepeated(t: QualifiedTables, row: RepeatedRow, event: EventRow): Message {
  const upsert = `INSERT INTO ${t.repeatables} (name, checksum, checksum_raw, bundle, bundle_version, run_id, duration_ms, applied_at)
  VALUES ($1, $2, $3, $4, $5, $6, $7::pg_catalog.numeric, pg_catalog.clock_timestamp())
  ON CONFLICT (name) DO UPDATE SET checksum = excluded.checksum, checksum_raw = excluded.checksum_raw,
    bundle = excluded.bundle, bundle_version = excluded.bundle_version, run_id = excluded.run_id,
    duration_ms = excluded.duration_ms, applied_at = excluded.applied_at`;
  const values = [
    row.name,
    row.checksum,
    row.checksum_raw,
    row.bundle,
    row.bundle_version,
    row.run_id,
    row.duration_ms === null ? null : String(row.duration_ms),
  ];
  return withEvent(t, upsert, values, event);
}
