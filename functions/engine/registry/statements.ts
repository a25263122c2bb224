import { ALL_ROWS, type Message, type Result } from "../seam.ts";
import type { QualifiedTables } from "./tables.ts";

/** A statement of a script outside a transaction that was begun, as the database has it. */
export interface StatementRow {
  readonly version: bigint;
  readonly direction: "up" | "down";
  /** Place in the script, from 1. */
  readonly position: number;
  /** sha256 of the statement's normalised text. */
  readonly hash: string;
  readonly kind: string;
  /** The object that it makes or changes; null where it has none. */
  readonly identity: string | null;
  /** What the catalog showed before the first try. */
  readonly found: unknown;
  readonly state: "started" | "done";
  /** The run that tried it last. */
  readonly run_id: string;
  readonly tries: number;
}

/** A statement that is about to be begun. */
export type StatementBegun = Omit<StatementRow, "state" | "tries">;

/** All statements that are not forgotten, in order. */
export const statementsQuery = (t: QualifiedTables): Message => ({
  text: `SELECT version, direction, position, hash, kind, identity, found, state, run_id, tries FROM ${t.statements}
    ORDER BY version, direction, position`,
  rows_kept: ALL_ROWS,
});

export const toStatements = (result: Result | undefined): readonly StatementRow[] =>
  (result?.rows ?? []).map((row) => {
    const [version, direction, position, hash, kind, identity, found, state, run_id, tries] = row;
    return {
      version: BigInt(version ?? 0),
      direction: direction === "down" ? "down" : "up",
      position: Number(position),
      hash: hash ?? "",
      kind: kind ?? "",
      identity: identity ?? null,
      found: JSON.parse(found ?? "null"),
      state: state === "done" ? "done" : "started",
      run_id: run_id ?? "",
      tries: Number(tries),
    };
  });

/** Raises (22012) unless the change touched a row: a trigger or rule would swallow it in silence. */
const raising = (change: string): string =>
  `WITH s AS (${change} RETURNING 1) SELECT 1 OPERATOR(pg_catalog./) (SELECT pg_catalog.count(*) FROM s)`;

/**
 * Writes that a statement is begun. One that was begun before, with the same text, and is not done counts one try
 * more and keeps what was found at first; any other is left alone, and the message raises (22012).
 */
export function startStatement(t: QualifiedTables, row: StatementBegun): Message {
  return {
    text: raising(`INSERT INTO ${t.statements} AS s (version, direction, position, hash, kind, identity, found, state, run_id)
    VALUES ($1::pg_catalog.int8, $2, $3::pg_catalog.int4, $4, $5, $6, $7::pg_catalog.jsonb, 'started', $8)
    ON CONFLICT (version, direction, position) DO UPDATE SET tries = s.tries OPERATOR(pg_catalog.+) 1, run_id = excluded.run_id
      WHERE s.hash OPERATOR(pg_catalog.=) excluded.hash AND s.state OPERATOR(pg_catalog.=) 'started'`),
    values: [
      String(row.version),
      row.direction,
      String(row.position),
      row.hash,
      row.kind,
      row.identity,
      row.found === null || row.found === undefined ? null : JSON.stringify(row.found),
      row.run_id,
    ],
  };
}

/** Writes that a begun statement is done, after so many milliseconds. Raises (22012) where it was not begun. */
export function finishStatement(
  t: QualifiedTables,
  statement: Pick<StatementRow, "version" | "direction" | "position" | "hash">,
  duration_ms: number,
): Message {
  return {
    text: raising(`UPDATE ${t.statements} SET state = 'done', finished_at = pg_catalog.clock_timestamp(),
      duration_ms = $5::pg_catalog.numeric
    WHERE version OPERATOR(pg_catalog.=) $1::pg_catalog.int8 AND direction OPERATOR(pg_catalog.=) $2::pg_catalog.text
      AND position OPERATOR(pg_catalog.=) $3::pg_catalog.int4 AND hash OPERATOR(pg_catalog.=) $4::pg_catalog.text
      AND state OPERATOR(pg_catalog.=) 'started'`),
    values: [
      String(statement.version),
      statement.direction,
      String(statement.position),
      statement.hash,
      String(duration_ms),
    ],
  };
}

/** Drops what was begun of a version, in both directions: it is applied, rolled back or settled by a person. */
export const forgetStatements = (t: QualifiedTables, version: bigint): Message => ({
  text: `DELETE FROM ${t.statements} WHERE version OPERATOR(pg_catalog.=) $1::pg_catalog.int8`,
  values: [String(version)],
});
