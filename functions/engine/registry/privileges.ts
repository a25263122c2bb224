import { type Fault, fault } from "../errors.ts";
import type { Message, Result } from "../seam.ts";
import { OWN_RELATIONS, TABLES } from "./tables.ts";

/**
 * What a privilege is for: `making` the tables where there are none, `upgrading` those of an older format, or one of
 * the things done with them; `repeating`: of repeatable migrations; `outside`: of scripts outside a transaction, and of
 * what they left unverified; `repairing`: what is recorded of a file is recorded anew.
 */
export type Purpose =
  | "making"
  | "upgrading"
  | "reading"
  | "recording"
  | "applying"
  | "removing"
  | "repeating"
  | "outside"
  | "repairing";

/** A privilege that the role of the run has not. */
export interface Lacking {
  readonly purpose: Purpose;
  readonly privilege: string;
  /** As a GRANT names it: `SCHEMA ops`, `ops.schema_migrations`. */
  readonly object: string;
  /** As a GRANT names the role. */
  readonly role: string;
}

/** All that the job needs on its own tables once they are there. */
const NEEDED: readonly (readonly [table: string, privilege: string, purpose: Purpose])[] = [
  [TABLES.history, "SELECT", "reading"],
  [TABLES.runs, "SELECT", "reading"],
  [TABLES.events, "SELECT", "reading"],
  [TABLES.registry, "SELECT", "reading"],
  [TABLES.runs, "INSERT", "recording"],
  [TABLES.runs, "UPDATE", "recording"],
  [TABLES.events, "INSERT", "applying"],
  [TABLES.history, "INSERT", "applying"],
  [TABLES.history, "DELETE", "removing"],
  [TABLES.repeatables, "SELECT", "reading"],
  [TABLES.bundles, "SELECT", "reading"],
  [TABLES.bundles, "INSERT", "recording"],
  [TABLES.bundles, "UPDATE", "recording"],
  [TABLES.repeatables, "INSERT", "repeating"],
  [TABLES.repeatables, "UPDATE", "repeating"],
  [TABLES.statements, "SELECT", "reading"],
  [TABLES.statements, "INSERT", "outside"],
  [TABLES.statements, "UPDATE", "outside"],
  [TABLES.statements, "DELETE", "outside"],
  [TABLES.history, "UPDATE", "outside"],
];

/** What the history says of a migration's files. */
export const OF_FILES = ["name", "label", "checksum", "checksum_raw", "rollback_checksum"] as const;

/** No privilege that can be granted: the owner alone may alter a table. */
const OWNERSHIP = "ownership";

const rows = NEEDED.map(([table, privilege, purpose]) => `('${table}','${privilege}','${purpose}')`).join();

/** What the current role lacks, as one JSON text. Where a column is granted, that one is taken to be enough. */
export const lackingQuery = (historySchema: string): Message => ({
  text: `WITH home AS (SELECT n.oid, pg_catalog.quote_ident(n.nspname) AS name FROM pg_catalog.pg_namespace n
      WHERE n.nspname OPERATOR(pg_catalog.=) $1::pg_catalog.name),
    own AS (SELECT c.oid, c.relname, c.relowner, pg_catalog.concat(home.name, '.', pg_catalog.quote_ident(c.relname)) AS name
      FROM home JOIN pg_catalog.pg_class c ON c.relnamespace OPERATOR(pg_catalog.=) home.oid
        AND c.relkind OPERATOR(pg_catalog.=) ANY ('{r,v}'::pg_catalog."char"[])),
    history AS (SELECT FROM own WHERE relname OPERATOR(pg_catalog.=) '${TABLES.history}'),
    lacking AS (
      SELECT needed.purpose, needed.privilege, own.name AS object FROM (VALUES ${rows}) AS needed(name, privilege, purpose)
        JOIN own ON own.relname OPERATOR(pg_catalog.=) needed.name::pg_catalog.name
        WHERE NOT CASE WHEN needed.privilege OPERATOR(pg_catalog.=) 'DELETE' THEN pg_catalog.has_table_privilege(own.oid, 'DELETE')
          ELSE pg_catalog.has_any_column_privilege(own.oid, needed.privilege) END
      UNION ALL SELECT 'repairing', 'UPDATE (${OF_FILES.join(", ")})', own.name FROM own
        WHERE own.relname OPERATOR(pg_catalog.=) '${TABLES.history}' AND EXISTS (SELECT FROM pg_catalog.pg_attribute a
          WHERE a.attrelid OPERATOR(pg_catalog.=) own.oid AND a.attname OPERATOR(pg_catalog.=) ANY ('{${OF_FILES.join()}}'::pg_catalog.name[])
            AND NOT pg_catalog.has_column_privilege(own.oid, a.attnum, 'UPDATE'))
      UNION ALL SELECT 'upgrading', '${OWNERSHIP}', name FROM own
        WHERE relname OPERATOR(pg_catalog.=) ANY ('{${OWN_RELATIONS.join()}}'::pg_catalog.name[])
          AND NOT pg_catalog.pg_has_role(relowner, 'USAGE')
      UNION ALL SELECT 'upgrading', 'CREATE', pg_catalog.concat('SCHEMA ', name) FROM home
        WHERE EXISTS (SELECT FROM history) AND NOT pg_catalog.has_schema_privilege(oid, 'CREATE')
      UNION ALL SELECT 'reading', 'USAGE', pg_catalog.concat('SCHEMA ', name) FROM home
        WHERE EXISTS (SELECT FROM history) AND NOT pg_catalog.has_schema_privilege(oid, 'USAGE')
      UNION ALL SELECT 'making', 'CREATE', pg_catalog.concat('SCHEMA ', name) FROM home
        WHERE NOT EXISTS (SELECT FROM history) AND NOT pg_catalog.has_schema_privilege(oid, 'CREATE')
      UNION ALL SELECT 'making', 'CREATE', pg_catalog.concat('DATABASE ', pg_catalog.quote_ident(pg_catalog.current_database()))
        WHERE NOT EXISTS (SELECT FROM home) AND NOT pg_catalog.has_database_privilege(pg_catalog.current_database(), 'CREATE'))
    SELECT coalesce(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('purpose', purpose, 'privilege', privilege,
      'object', object, 'role', pg_catalog.quote_ident(current_user))), '[]'::pg_catalog.jsonb) FROM lacking`,
  values: [historySchema],
});

export const toLacking = (result: Result | undefined): readonly Lacking[] =>
  JSON.parse(result?.rows[0]?.[0] ?? "[]") as Lacking[];

/** One fault an object, each with the GRANT that is missing; none where nothing is lacking for these purposes. */
export function lackingFaults(lacking: readonly Lacking[], purposes: readonly Purpose[]): readonly Fault[] {
  const wanted = lacking.filter(({ purpose }) => purposes.includes(purpose));
  return [...new Set(wanted.map(({ object }) => object))].map((object) => {
    const privileges = wanted
      .filter((one) => one.object === object)
      .map(({ privilege }) => privilege)
      .sort();
    const role = wanted[0]?.role ?? "";
    const names = privileges.join(", ");
    const remedy = privileges.includes(OWNERSHIP)
      ? `ALTER TABLE ${object} OWNER TO ${role}, for the run that upgrades it; see docs/roles.md.`
      : `GRANT ${names} ON ${object} TO ${role}; or run as another role.`;
    return fault("lacking-privilege", `The role ${role} lacks ${names} on ${object}.`, {
      remedy,
      // insufficient_privilege: what the server would say.
      sqlstate: "42501",
    });
  });
}
