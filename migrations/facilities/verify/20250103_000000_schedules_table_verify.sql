-- Verification for: Who has which room when; two bookings of one room never overlap
-- Version: 20250103_000000

-- Tables
SELECT 'table ' || x.table_name AS check_name,
       CASE WHEN c.relkind = 'r' AND c.relpersistence = 'p' THEN 'PASS' ELSE 'FAIL' END AS status,
       CASE WHEN c.oid IS NULL THEN 'missing' ELSE 'exists' END AS details
FROM (VALUES
    ('schedules')
) AS x (table_name)
LEFT JOIN pg_class c ON c.oid = to_regclass('facilities.' || x.table_name);

-- Columns: type, NOT NULL and default
SELECT 'column ' || x.table_name || '.' || x.column_name AS check_name,
       CASE WHEN a.attname IS NOT NULL
             AND replace(format_type(a.atttypid, a.atttypmod), 'facilities.', '') = x.type
             AND a.attnotnull = x.not_null
             AND replace(
                     COALESCE(pg_get_expr(d.adbin, d.adrelid), 'identity ' || NULLIF(a.attidentity::TEXT, '')),
                     'facilities.',
                     ''
                 ) IS NOT DISTINCT FROM x.default_value
            THEN 'PASS' ELSE 'FAIL' END AS status,
       CASE WHEN a.attname IS NULL THEN 'missing' ELSE concat_ws(
           ' ',
           format_type(a.atttypid, a.atttypmod),
           CASE WHEN a.attnotnull THEN 'NOT NULL' END,
           'DEFAULT ' || pg_get_expr(d.adbin, d.adrelid)
       ) END AS details
FROM (VALUES
    ('schedules', 'id', 'uuid', true, 'gen_random_uuid()'),
    ('schedules', 'room_id', 'uuid', true, NULL),
    ('schedules', 'booked_by', 'uuid', true, NULL),
    ('schedules', 'title', 'text', true, NULL),
    ('schedules', 'starts_at', 'timestamp with time zone', true, NULL),
    ('schedules', 'ends_at', 'timestamp with time zone', true, NULL),
    ('schedules', 'status', 'text', true, '''booked''::text'),
    ('schedules', 'created_at', 'timestamp with time zone', true, 'CURRENT_TIMESTAMP'),
    ('schedules', 'updated_at', 'timestamp with time zone', true, 'CURRENT_TIMESTAMP')
) AS x (table_name, column_name, type, not_null, default_value)
LEFT JOIN pg_attribute a
       ON a.attrelid = to_regclass('facilities.' || x.table_name)
      AND a.attname = x.column_name
      AND a.attnum > 0
      AND NOT a.attisdropped
LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum;

-- Constraints
SELECT 'constraint ' || x.constraint_name || ' on ' || x.table_name AS check_name,
       CASE WHEN k.convalidated AND replace(pg_get_constraintdef(k.oid), 'facilities.', '') = x.definition
            THEN 'PASS' ELSE 'FAIL' END AS status,
       COALESCE(pg_get_constraintdef(k.oid), 'missing') AS details
FROM (VALUES
    ('schedules', 'schedules_pkey', 'PRIMARY KEY (id)'),
    ('schedules', 'schedules_status_check', 'CHECK ((status = ANY (ARRAY[''booked''::text, ''cancelled''::text])))'),
    ('schedules', 'schedules_times_check', 'CHECK (((ends_at > starts_at) AND isfinite(starts_at) AND isfinite(ends_at)))'),
    ('schedules', 'schedules_booked_by_fkey', 'FOREIGN KEY (booked_by) REFERENCES profiles(id)'),
    ('schedules', 'schedules_room_id_fkey', 'FOREIGN KEY (room_id) REFERENCES rooms(id)'),
    ('schedules', 'schedules_no_overlap', 'EXCLUDE USING gist (uuid_range(room_id, room_id, ''[]''::text) WITH &&, tstzrange(starts_at, ends_at) WITH &&) WHERE ((status = ''booked''::text))')
) AS x (table_name, constraint_name, definition)
LEFT JOIN pg_constraint k
       ON k.conrelid = to_regclass('facilities.' || x.table_name)
      AND k.conname = x.constraint_name;

-- Indexes
SELECT 'index ' || x.index_name AS check_name,
       CASE WHEN i.indisvalid AND replace(pg_get_indexdef(i.indexrelid), 'facilities.', '') = x.definition
            THEN 'PASS' ELSE 'FAIL' END AS status,
       COALESCE(
           pg_get_indexdef(i.indexrelid) || CASE WHEN i.indisvalid THEN '' ELSE ' (invalid)' END,
           'missing'
       ) AS details
FROM (VALUES
    ('schedules_room_id_starts_at_idx', 'CREATE INDEX schedules_room_id_starts_at_idx ON schedules USING btree (room_id, starts_at)'),
    ('schedules_booked_by_idx', 'CREATE INDEX schedules_booked_by_idx ON schedules USING btree (booked_by)')
) AS x (index_name, definition)
LEFT JOIN pg_index i ON i.indexrelid = to_regclass('facilities.' || x.index_name);

-- Types: labels in their order, or what a range is of
SELECT 'type ' || x.type_name AS check_name,
       CASE WHEN y.definition = x.definition THEN 'PASS' ELSE 'FAIL' END AS status,
       COALESCE(y.definition, 'missing') AS details
FROM (VALUES
    ('uuid_range', 'range of uuid')
) AS x (type_name, definition)
CROSS JOIN LATERAL (
    SELECT COALESCE(
        (SELECT string_agg(e.enumlabel, ', ' ORDER BY e.enumsortorder) FROM pg_enum e
         WHERE e.enumtypid = to_regtype('facilities.' || x.type_name)),
        (SELECT 'range of ' || format_type(r.rngsubtype, NULL) FROM pg_range r
         WHERE r.rngtypid = to_regtype('facilities.' || x.type_name))
    ) AS definition
) AS y;

-- Triggers; enabled 'O' is the normal state, 'A' always
SELECT 'trigger ' || x.trigger_name || ' on ' || x.table_name AS check_name,
       CASE WHEN t.tgenabled = x.enabled
             AND replace(pg_get_triggerdef(t.oid), 'facilities.', '') = x.definition
            THEN 'PASS' ELSE 'FAIL' END AS status,
       COALESCE(
           pg_get_triggerdef(t.oid) || CASE t.tgenabled WHEN 'D' THEN ' (disabled)' ELSE '' END,
           'missing'
       ) AS details
FROM (VALUES
    ('schedules', 'trigger_set_updated_at', 'CREATE TRIGGER trigger_set_updated_at BEFORE UPDATE ON schedules FOR EACH ROW WHEN ((old.* IS DISTINCT FROM new.*)) EXECUTE FUNCTION set_updated_at()', 'O')
) AS x (table_name, trigger_name, definition, enabled)
LEFT JOIN pg_trigger t
       ON t.tgrelid = to_regclass('facilities.' || x.table_name)
      AND t.tgname = x.trigger_name
      AND NOT t.tgisinternal;
