import { OWN_RELATIONS } from "../registry/tables.ts";
import { resultsOf } from "../run/target.ts";
import { ALL_ROWS, type Message, type Session } from "../seam.ts";
import { type Contents, NOTHING_LEFT_OUT, readContents } from "./contents.ts";
import { FOREIGN_QUERIES } from "./foreign_queries.ts";
import { OPERATOR_QUERIES } from "./operator_queries.ts";
import { RELATION_QUERIES } from "./relation_queries.ts";
import { SCHEMA_QUERIES } from "./schema_queries.ts";

/** One object of a database: what it is, which one, and all that is said of it. */
export interface CatalogObject {
  readonly kind: string;
  /** Qualified. */
  readonly identity: string;
  readonly definition: string;
}

/** A database at one moment: its objects and what its tables hold. */
export interface Snapshot {
  readonly objects: readonly CatalogObject[];
  readonly contents: Contents;
}

/** Everything that decides how the server writes a definition or a value. */
const PINNED = `SET LOCAL search_path TO pg_catalog, pg_temp; SET LOCAL jit TO off; SET LOCAL row_security TO off;
  SET LOCAL TimeZone TO 'UTC'; SET LOCAL DateStyle TO 'ISO, YMD'; SET LOCAL IntervalStyle TO 'postgres';
  SET LOCAL extra_float_digits TO 1; SET LOCAL bytea_output TO 'hex'; SET LOCAL xmloption TO 'content';
  SET LOCAL quote_all_identifiers TO off; SET LOCAL lc_monetary TO 'C'; SET LOCAL lock_timeout TO '10s'`;

/**
 * Reads a database of which nobody else has a word, but for our own tables in `historySchema`. Values of the columns
 * `left_out` are not looked at. Throws a MigrationFault.
 */
export async function readSnapshot(
  session: Session,
  historySchema: string,
  left_out = NOTHING_LEFT_OUT,
): Promise<Snapshot> {
  const values = [historySchema, `{${OWN_RELATIONS.join(",")}}`];
  const queries = [...RELATION_QUERIES, ...SCHEMA_QUERIES, ...FOREIGN_QUERIES, ...OPERATOR_QUERIES].map(
    (text): Message => ({ text, values, rows_kept: ALL_ROWS }),
  );
  const begin = [{ text: "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY" }, { text: PINNED }];
  try {
    const answers = await session.send([...begin, ...queries]);
    const results = answers.map((answer) => resultsOf(answer, "Reading the schema"));
    const objects = results.slice(begin.length).flatMap(([result]) =>
      (result?.rows ?? []).map(([kind, identity, definition]) => ({
        kind: kind ?? "",
        identity: identity ?? "",
        definition: definition ?? "",
      })),
    );
    return { objects, contents: await readContents(session, values, left_out) };
  } finally {
    await session.send([{ text: "ROLLBACK" }]);
  }
}
