-- Verification for: Rooms
-- Version: 20250102_000000

-- Tables
SELECT 'table ' || x.table_name AS check_name,
       CASE WHEN c.relkind = 'r' AND c.relpersistence = 'p' THEN 'PASS' ELSE 'FAIL' END AS status,
       CASE WHEN c.oid IS NULL THEN 'missing' ELSE 'exists' END AS details
FROM (VALUES
    ('rooms')
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
    ('rooms', 'id', 'uuid', true, 'gen_random_uuid()'),
    ('rooms', 'building_id', 'uuid', true, NULL),
    ('rooms', 'floor_id', 'uuid', true, NULL),
    ('rooms', 'room_number', 'text', true, NULL),
    ('rooms', 'room_type', 'text', true, NULL),
    ('rooms', 'capacity', 'integer', true, NULL),
    ('rooms', 'status', 'text', true, '''available''::text'),
    ('rooms', 'created_at', 'timestamp with time zone', true, 'CURRENT_TIMESTAMP'),
    ('rooms', 'updated_at', 'timestamp with time zone', true, 'CURRENT_TIMESTAMP')
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
    ('rooms', 'rooms_pkey', 'PRIMARY KEY (id)'),
    ('rooms', 'rooms_number_key', 'UNIQUE (building_id, room_number)'),
    ('rooms', 'rooms_capacity_check', 'CHECK ((capacity >= 0))'),
    ('rooms', 'rooms_status_check', 'CHECK ((status = ANY (ARRAY[''available''::text, ''maintenance''::text, ''closed''::text])))'),
    ('rooms', 'rooms_floor_id_building_id_fkey', 'FOREIGN KEY (floor_id, building_id) REFERENCES floors(id, building_id)'),
    ('rooms', 'rooms_room_type_fkey', 'FOREIGN KEY (room_type) REFERENCES room_types(code)')
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
    ('rooms_floor_id_building_id_idx', 'CREATE INDEX rooms_floor_id_building_id_idx ON rooms USING btree (floor_id, building_id)'),
    ('rooms_room_type_idx', 'CREATE INDEX rooms_room_type_idx ON rooms USING btree (room_type)')
) AS x (index_name, definition)
LEFT JOIN pg_index i ON i.indexrelid = to_regclass('facilities.' || x.index_name);

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
    ('rooms', 'trigger_set_updated_at', 'CREATE TRIGGER trigger_set_updated_at BEFORE UPDATE ON rooms FOR EACH ROW WHEN ((old.* IS DISTINCT FROM new.*)) EXECUTE FUNCTION set_updated_at()', 'O')
) AS x (table_name, trigger_name, definition, enabled)
LEFT JOIN pg_trigger t
       ON t.tgrelid = to_regclass('facilities.' || x.table_name)
      AND t.tgname = x.trigger_name
      AND NOT t.tgisinternal;
