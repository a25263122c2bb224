-- Verification for: How many people a room takes in each layout; bookings are held to it
-- Version: 20250104_000000

-- Tables
SELECT 'table ' || x.table_name AS check_name,
       CASE WHEN c.relkind = 'r' AND c.relpersistence = 'p' THEN 'PASS' ELSE 'FAIL' END AS status,
       CASE WHEN c.oid IS NULL THEN 'missing' ELSE 'exists' END AS details
FROM (VALUES
    ('capacities')
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
    ('schedules', 'attendees', 'integer', true, '0'),
    ('schedules', 'layout', 'text', false, NULL),
    ('capacities', 'room_id', 'uuid', true, NULL),
    ('capacities', 'layout', 'text', true, NULL),
    ('capacities', 'capacity', 'integer', true, NULL)
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
    ('schedules', 'schedules_attendees_check', 'CHECK ((attendees >= 0))'),
    ('schedules', 'schedules_room_id_layout_fkey', 'FOREIGN KEY (room_id, layout) REFERENCES capacities(room_id, layout)'),
    ('capacities', 'capacities_pkey', 'PRIMARY KEY (room_id, layout)'),
    ('capacities', 'capacities_capacity_check', 'CHECK ((capacity >= 0))'),
    ('capacities', 'capacities_layout_check', 'CHECK ((layout = ANY (ARRAY[''theatre''::text, ''classroom''::text, ''boardroom''::text, ''courtroom''::text, ''standing''::text])))'),
    ('capacities', 'capacities_room_id_fkey', 'FOREIGN KEY (room_id) REFERENCES rooms(id) ON DELETE CASCADE')
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
    ('schedules_room_id_layout_idx', 'CREATE INDEX schedules_room_id_layout_idx ON schedules USING btree (room_id, layout)')
) AS x (index_name, definition)
LEFT JOIN pg_index i ON i.indexrelid = to_regclass('facilities.' || x.index_name);

-- Functions, each by its argument types, and whether everybody may use them
SELECT 'function ' || x.signature AS check_name,
       CASE WHEN pg_get_function_result(p.oid) = x.result
             AND p.provolatile = left(x.volatility, 1)
             AND p.prosecdef = x.security_definer
             AND p.proconfig = ARRAY['search_path=facilities, pg_temp']
             AND has_function_privilege('public', p.oid, 'EXECUTE') = x.for_public
            THEN 'PASS' ELSE 'FAIL' END AS status,
       COALESCE(
           'returns ' || pg_get_function_result(p.oid) || ', set ' || COALESCE(p.proconfig::TEXT, 'nothing')
               || CASE WHEN has_function_privilege('public', p.oid, 'EXECUTE') THEN ', for all' ELSE '' END,
           'missing'
       ) AS details
FROM (VALUES
    ('check_schedule_capacity()', 'trigger', 'volatile', true, false),
    ('check_capacity()', 'trigger', 'volatile', true, false),
    ('check_room_capacity()', 'trigger', 'volatile', true, false)
) AS x (signature, result, volatility, security_definer, for_public)
LEFT JOIN pg_proc p ON p.oid = to_regprocedure('facilities.' || x.signature);

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
    ('schedules', 'trigger_check_schedule_capacity', 'CREATE TRIGGER trigger_check_schedule_capacity BEFORE INSERT OR UPDATE OF room_id, layout, attendees, status ON schedules FOR EACH ROW EXECUTE FUNCTION check_schedule_capacity()', 'O'),
    ('capacities', 'trigger_check_capacity', 'CREATE TRIGGER trigger_check_capacity BEFORE INSERT OR UPDATE ON capacities FOR EACH ROW EXECUTE FUNCTION check_capacity()', 'O'),
    ('rooms', 'trigger_check_room_capacity', 'CREATE TRIGGER trigger_check_room_capacity BEFORE UPDATE OF capacity ON rooms FOR EACH ROW EXECUTE FUNCTION check_room_capacity()', 'O')
) AS x (table_name, trigger_name, definition, enabled)
LEFT JOIN pg_trigger t
       ON t.tgrelid = to_regclass('facilities.' || x.table_name)
      AND t.tgname = x.trigger_name
      AND NOT t.tgisinternal;

-- Rows: what is booked from now on fits
SELECT 'bookings within capacity' AS check_name,
       CASE WHEN count(*) = 0 THEN 'PASS' ELSE 'FAIL' END AS status,
       count(*) || ' above it' AS details
FROM facilities.schedules s
JOIN facilities.rooms r ON r.id = s.room_id
LEFT JOIN facilities.capacities c ON c.room_id = s.room_id AND c.layout = s.layout
WHERE s.status = 'booked'
  AND s.ends_at > CURRENT_TIMESTAMP
  AND s.attendees > COALESCE(c.capacity, r.capacity);

SELECT 'layouts within their rooms' AS check_name,
       CASE WHEN count(*) = 0 THEN 'PASS' ELSE 'FAIL' END AS status,
       count(*) || ' above it' AS details
FROM facilities.capacities c
JOIN facilities.rooms r ON r.id = c.room_id
WHERE c.capacity > r.capacity;
