-- Verification for: One log of every change of a row: who, when, the row before and after
-- Version: 20250107_000000

-- Tables
SELECT 'table ' || x.table_name AS check_name,
       CASE WHEN c.relkind = 'r' AND c.relpersistence = 'p' THEN 'PASS' ELSE 'FAIL' END AS status,
       CASE WHEN c.oid IS NULL THEN 'missing' ELSE 'exists' END AS details
FROM (VALUES
    ('audit_log')
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
    ('audit_log', 'id', 'bigint', true, 'identity a'),
    ('audit_log', 'table_name', 'text', true, NULL),
    ('audit_log', 'operation', 'text', true, NULL),
    ('audit_log', 'old_row', 'jsonb', false, NULL),
    ('audit_log', 'new_row', 'jsonb', false, NULL),
    ('audit_log', 'user_id', 'text', false, NULL),
    ('audit_log', 'changed_by', 'text', true, NULL),
    ('audit_log', 'changed_at', 'timestamp with time zone', true, 'clock_timestamp()'),
    ('audit_log', 'transaction_id', 'bigint', true, NULL)
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
    ('audit_log', 'audit_log_pkey', 'PRIMARY KEY (id)'),
    ('audit_log', 'audit_log_operation_check', 'CHECK ((operation = ANY (ARRAY[''INSERT''::text, ''UPDATE''::text, ''DELETE''::text, ''TRUNCATE''::text])))'),
    ('audit_log', 'audit_log_rows_check', 'CHECK ((((old_row IS NOT NULL) = (operation = ANY (ARRAY[''UPDATE''::text, ''DELETE''::text]))) AND ((new_row IS NOT NULL) = (operation = ANY (ARRAY[''INSERT''::text, ''UPDATE''::text])))))')
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
    ('audit_log_table_name_changed_at_idx', 'CREATE INDEX audit_log_table_name_changed_at_idx ON audit_log USING btree (table_name, changed_at)')
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
    ('refuse_audit_change()', 'trigger', 'volatile', false, true),
    ('record_audit()', 'trigger', 'volatile', true, false)
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
    ('audit_log', 'trigger_audit_append_only', 'CREATE TRIGGER trigger_audit_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON audit_log FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_change()', 'A'),
    ('roles', 'trigger_audit', 'CREATE TRIGGER trigger_audit AFTER INSERT OR DELETE OR UPDATE ON roles FOR EACH ROW EXECUTE FUNCTION record_audit()', 'O'),
    ('roles', 'trigger_audit_truncate', 'CREATE TRIGGER trigger_audit_truncate AFTER TRUNCATE ON roles FOR EACH STATEMENT EXECUTE FUNCTION record_audit()', 'O'),
    ('profiles', 'trigger_audit', 'CREATE TRIGGER trigger_audit AFTER INSERT OR DELETE OR UPDATE ON profiles FOR EACH ROW EXECUTE FUNCTION record_audit()', 'O'),
    ('profiles', 'trigger_audit_truncate', 'CREATE TRIGGER trigger_audit_truncate AFTER TRUNCATE ON profiles FOR EACH STATEMENT EXECUTE FUNCTION record_audit()', 'O'),
    ('user_roles', 'trigger_audit', 'CREATE TRIGGER trigger_audit AFTER INSERT OR DELETE OR UPDATE ON user_roles FOR EACH ROW EXECUTE FUNCTION record_audit()', 'O'),
    ('user_roles', 'trigger_audit_truncate', 'CREATE TRIGGER trigger_audit_truncate AFTER TRUNCATE ON user_roles FOR EACH STATEMENT EXECUTE FUNCTION record_audit()', 'O'),
    ('building_types', 'trigger_audit', 'CREATE TRIGGER trigger_audit AFTER INSERT OR DELETE OR UPDATE ON building_types FOR EACH ROW EXECUTE FUNCTION record_audit()', 'O'),
    ('building_types', 'trigger_audit_truncate', 'CREATE TRIGGER trigger_audit_truncate AFTER TRUNCATE ON building_types FOR EACH STATEMENT EXECUTE FUNCTION record_audit()', 'O'),
    ('room_types', 'trigger_audit', 'CREATE TRIGGER trigger_audit AFTER INSERT OR DELETE OR UPDATE ON room_types FOR EACH ROW EXECUTE FUNCTION record_audit()', 'O'),
    ('room_types', 'trigger_audit_truncate', 'CREATE TRIGGER trigger_audit_truncate AFTER TRUNCATE ON room_types FOR EACH STATEMENT EXECUTE FUNCTION record_audit()', 'O'),
    ('buildings', 'trigger_audit', 'CREATE TRIGGER trigger_audit AFTER INSERT OR DELETE OR UPDATE ON buildings FOR EACH ROW EXECUTE FUNCTION record_audit()', 'O'),
    ('buildings', 'trigger_audit_truncate', 'CREATE TRIGGER trigger_audit_truncate AFTER TRUNCATE ON buildings FOR EACH STATEMENT EXECUTE FUNCTION record_audit()', 'O'),
    ('floors', 'trigger_audit', 'CREATE TRIGGER trigger_audit AFTER INSERT OR DELETE OR UPDATE ON floors FOR EACH ROW EXECUTE FUNCTION record_audit()', 'O'),
    ('floors', 'trigger_audit_truncate', 'CREATE TRIGGER trigger_audit_truncate AFTER TRUNCATE ON floors FOR EACH STATEMENT EXECUTE FUNCTION record_audit()', 'O'),
    ('rooms', 'trigger_audit', 'CREATE TRIGGER trigger_audit AFTER INSERT OR DELETE OR UPDATE ON rooms FOR EACH ROW EXECUTE FUNCTION record_audit()', 'O'),
    ('rooms', 'trigger_audit_truncate', 'CREATE TRIGGER trigger_audit_truncate AFTER TRUNCATE ON rooms FOR EACH STATEMENT EXECUTE FUNCTION record_audit()', 'O'),
    ('schedules', 'trigger_audit', 'CREATE TRIGGER trigger_audit AFTER INSERT OR DELETE OR UPDATE ON schedules FOR EACH ROW EXECUTE FUNCTION record_audit()', 'O'),
    ('schedules', 'trigger_audit_truncate', 'CREATE TRIGGER trigger_audit_truncate AFTER TRUNCATE ON schedules FOR EACH STATEMENT EXECUTE FUNCTION record_audit()', 'O'),
    ('capacities', 'trigger_audit', 'CREATE TRIGGER trigger_audit AFTER INSERT OR DELETE OR UPDATE ON capacities FOR EACH ROW EXECUTE FUNCTION record_audit()', 'O'),
    ('capacities', 'trigger_audit_truncate', 'CREATE TRIGGER trigger_audit_truncate AFTER TRUNCATE ON capacities FOR EACH STATEMENT EXECUTE FUNCTION record_audit()', 'O'),
    ('keys', 'trigger_audit', 'CREATE TRIGGER trigger_audit AFTER INSERT OR DELETE OR UPDATE ON keys FOR EACH ROW EXECUTE FUNCTION record_audit()', 'O'),
    ('keys', 'trigger_audit_truncate', 'CREATE TRIGGER trigger_audit_truncate AFTER TRUNCATE ON keys FOR EACH STATEMENT EXECUTE FUNCTION record_audit()', 'O'),
    ('key_requests', 'trigger_audit', 'CREATE TRIGGER trigger_audit AFTER INSERT OR DELETE OR UPDATE ON key_requests FOR EACH ROW EXECUTE FUNCTION record_audit()', 'O'),
    ('key_requests', 'trigger_audit_truncate', 'CREATE TRIGGER trigger_audit_truncate AFTER TRUNCATE ON key_requests FOR EACH STATEMENT EXECUTE FUNCTION record_audit()', 'O'),
    ('key_assignments', 'trigger_audit', 'CREATE TRIGGER trigger_audit AFTER INSERT OR DELETE OR UPDATE ON key_assignments FOR EACH ROW EXECUTE FUNCTION record_audit()', 'O'),
    ('key_assignments', 'trigger_audit_truncate', 'CREATE TRIGGER trigger_audit_truncate AFTER TRUNCATE ON key_assignments FOR EACH STATEMENT EXECUTE FUNCTION record_audit()', 'O'),
    ('key_orders', 'trigger_audit', 'CREATE TRIGGER trigger_audit AFTER INSERT OR DELETE OR UPDATE ON key_orders FOR EACH ROW EXECUTE FUNCTION record_audit()', 'O'),
    ('key_orders', 'trigger_audit_truncate', 'CREATE TRIGGER trigger_audit_truncate AFTER TRUNCATE ON key_orders FOR EACH STATEMENT EXECUTE FUNCTION record_audit()', 'O'),
    ('tickets', 'trigger_audit', 'CREATE TRIGGER trigger_audit AFTER INSERT OR DELETE OR UPDATE ON tickets FOR EACH ROW EXECUTE FUNCTION record_audit()', 'O'),
    ('tickets', 'trigger_audit_truncate', 'CREATE TRIGGER trigger_audit_truncate AFTER TRUNCATE ON tickets FOR EACH STATEMENT EXECUTE FUNCTION record_audit()', 'O'),
    ('ticket_history', 'trigger_audit', 'CREATE TRIGGER trigger_audit AFTER INSERT OR DELETE OR UPDATE ON ticket_history FOR EACH ROW EXECUTE FUNCTION record_audit()', 'O'),
    ('ticket_history', 'trigger_audit_truncate', 'CREATE TRIGGER trigger_audit_truncate AFTER TRUNCATE ON ticket_history FOR EACH STATEMENT EXECUTE FUNCTION record_audit()', 'O')
) AS x (table_name, trigger_name, definition, enabled)
LEFT JOIN pg_trigger t
       ON t.tgrelid = to_regclass('facilities.' || x.table_name)
      AND t.tgname = x.trigger_name
      AND NOT t.tgisinternal;

-- Views: columns, and that they are a barrier
SELECT 'view ' || x.view_name AS check_name,
       CASE WHEN c.relkind = 'v'
             AND 'security_barrier=true' = ANY (c.reloptions)
             AND y.columns = x.columns
            THEN 'PASS' ELSE 'FAIL' END AS status,
       COALESCE(y.columns || ' with ' || COALESCE(c.reloptions::TEXT, 'nothing'), 'missing') AS details
FROM (VALUES
    ('key_audit_logs', 'id bigint, table_name text, operation text, old_row jsonb, new_row jsonb, user_id text, changed_by text, changed_at timestamp with time zone')
) AS x (view_name, columns)
LEFT JOIN pg_class c ON c.oid = to_regclass('facilities.' || x.view_name)
CROSS JOIN LATERAL (
    SELECT string_agg(
        a.attname || ' ' || replace(format_type(a.atttypid, a.atttypmod), 'facilities.', ''),
        ', ' ORDER BY a.attnum
    ) AS columns
    FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0
) AS y;

-- Every table is audited, those of later migrations too
SELECT 'every table is audited' AS check_name,
       CASE WHEN count(*) = 0 THEN 'PASS' ELSE 'FAIL' END AS status,
       COALESCE('not ' || string_agg(c.relname, ', ' ORDER BY c.relname), 'all') AS details
FROM pg_class c
WHERE c.relnamespace = to_regnamespace('facilities')
  AND c.relkind IN ('r', 'p')
  AND c.relname <> 'audit_log'
  AND NOT EXISTS (
      SELECT 1 FROM pg_trigger t
      WHERE t.tgrelid = c.oid AND t.tgname = 'trigger_audit' AND t.tgenabled <> 'D'
  );
