-- Verification for: What is broken, who works on it, and each state it has been in
-- Version: 20250106_000000

-- Tables
SELECT 'table ' || x.table_name AS check_name,
       CASE WHEN c.relkind = 'r' AND c.relpersistence = 'p' THEN 'PASS' ELSE 'FAIL' END AS status,
       CASE WHEN c.oid IS NULL THEN 'missing' ELSE 'exists' END AS details
FROM (VALUES
    ('tickets'),
    ('ticket_history')
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
    ('tickets', 'id', 'uuid', true, 'gen_random_uuid()'),
    ('tickets', 'ticket_number', 'bigint', true, 'identity a'),
    ('tickets', 'room_id', 'uuid', true, NULL),
    ('tickets', 'reporter_id', 'uuid', true, NULL),
    ('tickets', 'assignee_id', 'uuid', false, NULL),
    ('tickets', 'title', 'text', true, NULL),
    ('tickets', 'description', 'text', true, '''''::text'),
    ('tickets', 'priority', 'text', true, '''normal''::text'),
    ('tickets', 'status', 'text', true, '''open''::text'),
    ('tickets', 'created_at', 'timestamp with time zone', true, 'CURRENT_TIMESTAMP'),
    ('tickets', 'updated_at', 'timestamp with time zone', true, 'CURRENT_TIMESTAMP'),
    ('ticket_history', 'id', 'bigint', true, 'identity a'),
    ('ticket_history', 'ticket_id', 'uuid', true, NULL),
    ('ticket_history', 'from_status', 'text', false, NULL),
    ('ticket_history', 'to_status', 'text', true, NULL),
    ('ticket_history', 'assignee_id', 'uuid', false, NULL),
    ('ticket_history', 'changed_by', 'uuid', false, NULL),
    ('ticket_history', 'changed_at', 'timestamp with time zone', true, 'clock_timestamp()')
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
    ('tickets', 'tickets_pkey', 'PRIMARY KEY (id)'),
    ('tickets', 'tickets_number_key', 'UNIQUE (ticket_number)'),
    ('tickets', 'tickets_assignee_check', 'CHECK (((status <> ALL (ARRAY[''assigned''::text, ''in_progress''::text, ''on_hold''::text, ''resolved''::text])) OR (assignee_id IS NOT NULL)))'),
    ('tickets', 'tickets_priority_check', 'CHECK ((priority = ANY (ARRAY[''low''::text, ''normal''::text, ''high''::text, ''urgent''::text])))'),
    ('tickets', 'tickets_status_check', 'CHECK ((status = ANY (ARRAY[''open''::text, ''assigned''::text, ''in_progress''::text, ''on_hold''::text, ''resolved''::text, ''closed''::text, ''cancelled''::text])))'),
    ('tickets', 'tickets_assignee_id_fkey', 'FOREIGN KEY (assignee_id) REFERENCES profiles(id)'),
    ('tickets', 'tickets_reporter_id_fkey', 'FOREIGN KEY (reporter_id) REFERENCES profiles(id)'),
    ('tickets', 'tickets_room_id_fkey', 'FOREIGN KEY (room_id) REFERENCES rooms(id)'),
    ('ticket_history', 'ticket_history_pkey', 'PRIMARY KEY (id)'),
    ('ticket_history', 'ticket_history_ticket_id_fkey', 'FOREIGN KEY (ticket_id) REFERENCES tickets(id) ON DELETE CASCADE')
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
    ('tickets_room_id_idx', 'CREATE INDEX tickets_room_id_idx ON tickets USING btree (room_id)'),
    ('tickets_reporter_id_idx', 'CREATE INDEX tickets_reporter_id_idx ON tickets USING btree (reporter_id)'),
    ('tickets_assignee_id_idx', 'CREATE INDEX tickets_assignee_id_idx ON tickets USING btree (assignee_id)'),
    ('ticket_history_ticket_id_idx', 'CREATE INDEX ticket_history_ticket_id_idx ON ticket_history USING btree (ticket_id, id)')
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
    ('check_ticket()', 'trigger', 'volatile', false, true),
    ('record_ticket_history()', 'trigger', 'volatile', true, false)
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
    ('tickets', 'trigger_check_ticket', 'CREATE TRIGGER trigger_check_ticket BEFORE INSERT OR UPDATE ON tickets FOR EACH ROW EXECUTE FUNCTION check_ticket()', 'O'),
    ('tickets', 'trigger_keep_columns', 'CREATE TRIGGER trigger_keep_columns BEFORE UPDATE ON tickets FOR EACH ROW EXECUTE FUNCTION keep_columns(''id'', ''reporter_id'', ''created_at'')', 'O'),
    ('tickets', 'trigger_set_updated_at', 'CREATE TRIGGER trigger_set_updated_at BEFORE UPDATE ON tickets FOR EACH ROW WHEN ((old.* IS DISTINCT FROM new.*)) EXECUTE FUNCTION set_updated_at()', 'O'),
    ('tickets', 'trigger_record_ticket_history', 'CREATE TRIGGER trigger_record_ticket_history AFTER INSERT OR UPDATE ON tickets FOR EACH ROW EXECUTE FUNCTION record_ticket_history()', 'O')
) AS x (table_name, trigger_name, definition, enabled)
LEFT JOIN pg_trigger t
       ON t.tgrelid = to_regclass('facilities.' || x.table_name)
      AND t.tgname = x.trigger_name
      AND NOT t.tgisinternal;
