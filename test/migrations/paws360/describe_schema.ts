import type pg from "pg";

/**
 * Everything of the schema paws360 in the catalogue's words, one line an object. By name and order, never by
 * number: a column that was dropped and made again is the same column.
 */
export async function describeSchema(client: pg.Client): Promise<string[]> {
  const { rows } = await client.query<{ line: string }>(`
    WITH relation AS (
      SELECT c.* FROM pg_class c WHERE c.relnamespace = to_regnamespace('paws360')
    )
    SELECT concat_ws(' ', 'schema', nspname, nspacl, obj_description(oid, 'pg_namespace')) AS line
    FROM pg_namespace WHERE nspname = 'paws360'
    UNION ALL
    SELECT concat_ws(' ', 'relation', relkind, relname, relpersistence, relacl, reloptions,
                     obj_description(oid, 'pg_class'))
    FROM relation
    UNION ALL
    SELECT concat_ws(' ', 'column', relname,
                     row_number() OVER (PARTITION BY r.oid ORDER BY a.attnum), a.attname,
                     format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attidentity, a.attacl,
                     pg_get_expr(d.adbin, d.adrelid), col_description(r.oid, a.attnum))
    FROM relation r
    JOIN pg_attribute a ON a.attrelid = r.oid AND a.attnum > 0 AND NOT a.attisdropped AND r.relkind = 'r'
    LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
    UNION ALL
    SELECT concat_ws(' ', 'constraint', r.relname, con.conname, con.convalidated,
                     pg_get_constraintdef(con.oid))
    FROM relation r JOIN pg_constraint con ON con.conrelid = r.oid
    UNION ALL
    SELECT concat_ws(' ', 'index', i.indisvalid, pg_get_indexdef(i.indexrelid))
    FROM relation r JOIN pg_index i ON i.indrelid = r.oid
    UNION ALL
    SELECT concat_ws(' ', 'trigger', r.relname, t.tgenabled, pg_get_triggerdef(t.oid))
    FROM relation r JOIN pg_trigger t ON t.tgrelid = r.oid AND NOT t.tgisinternal
    UNION ALL
    SELECT concat_ws(' ', 'function', p.oid::regprocedure, p.proacl, obj_description(p.oid, 'pg_proc'),
                     pg_get_functiondef(p.oid))
    FROM pg_proc p WHERE p.pronamespace = to_regnamespace('paws360')
    ORDER BY line`);
  return rows.map((row) => row.line);
}
