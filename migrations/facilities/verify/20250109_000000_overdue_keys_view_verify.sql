-- Verification for: Keys that should be back and are not
-- Version: 20250109_000000

-- Indexes
SELECT 'index ' || x.index_name AS check_name,
       CASE WHEN i.indisvalid AND replace(pg_get_indexdef(i.indexrelid), 'facilities.', '') = x.definition
            THEN 'PASS' ELSE 'FAIL' END AS status,
       COALESCE(
           pg_get_indexdef(i.indexrelid) || CASE WHEN i.indisvalid THEN '' ELSE ' (invalid)' END,
           'missing'
       ) AS details
FROM (VALUES
    ('key_assignments_due_at_idx', 'CREATE INDEX key_assignments_due_at_idx ON key_assignments USING btree (due_at) WHERE (returned_at IS NULL)')
) AS x (index_name, definition)
LEFT JOIN pg_index i ON i.indexrelid = to_regclass('facilities.' || x.index_name);

-- Views: columns, and that they are a barrier
SELECT 'view ' || x.view_name AS check_name,
       CASE WHEN c.relkind = 'v'
             AND 'security_barrier=true' = ANY (c.reloptions)
             AND y.columns = x.columns
            THEN 'PASS' ELSE 'FAIL' END AS status,
       COALESCE(y.columns || ' with ' || COALESCE(c.reloptions::TEXT, 'nothing'), 'missing') AS details
FROM (VALUES
    ('overdue_keys', 'assignment_id uuid, key_code text, key_type key_type_enum, access_level access_level_enum, building text, room_number text, holder_id uuid, holder text, email text, due_at timestamp with time zone, overdue_for interval')
) AS x (view_name, columns)
LEFT JOIN pg_class c ON c.oid = to_regclass('facilities.' || x.view_name)
CROSS JOIN LATERAL (
    SELECT string_agg(
        a.attname || ' ' || replace(format_type(a.atttypid, a.atttypmod), 'facilities.', ''),
        ', ' ORDER BY a.attnum
    ) AS columns
    FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0
) AS y;
