-- Verification for: Add audit triggers
-- Version: 002

-- Tables
SELECT 'table ' || x.table_name AS check_name,
       CASE WHEN c.relkind = 'r' AND c.relpersistence = 'p' THEN 'PASS' ELSE 'FAIL' END AS status,
       CASE WHEN c.oid IS NULL THEN 'missing' ELSE 'exists' END AS details
FROM (VALUES
    ('audit_log')
) AS x (table_name)
LEFT JOIN pg_class c ON c.oid = to_regclass('paws360.' || x.table_name);

-- Columns: type, NOT NULL and default
SELECT 'column ' || x.table_name || '.' || x.column_name AS check_name,
       CASE WHEN a.attname IS NOT NULL
             AND format_type(a.atttypid, a.atttypmod) = x.type
             AND a.attnotnull = x.not_null
             AND COALESCE(pg_get_expr(d.adbin, d.adrelid), 'identity ' || NULLIF(a.attidentity::TEXT, ''))
                 IS NOT DISTINCT FROM x.default_value
            THEN 'PASS' ELSE 'FAIL' END AS status,
       CASE WHEN a.attname IS NULL THEN 'missing' ELSE concat_ws(
           ' ',
           format_type(a.atttypid, a.atttypmod),
           CASE WHEN a.attnotnull THEN 'NOT NULL' END,
           'DEFAULT ' || pg_get_expr(d.adbin, d.adrelid)
       ) END AS details
FROM (VALUES
    ('audit_log', 'audit_id', 'bigint', true, 'identity a'),
    ('audit_log', 'table_name', 'text', true, NULL),
    ('audit_log', 'operation', 'text', true, NULL),
    ('audit_log', 'old_row', 'jsonb', false, NULL),
    ('audit_log', 'new_row', 'jsonb', false, NULL),
    ('audit_log', 'changed_by', 'text', true, NULL),
    ('audit_log', 'app_user', 'text', false, NULL),
    ('audit_log', 'changed_at', 'timestamp with time zone', true, 'clock_timestamp()'),
    ('audit_log', 'transaction_id', 'bigint', true, NULL)
) AS x (table_name, column_name, type, not_null, default_value)
LEFT JOIN pg_attribute a
       ON a.attrelid = to_regclass('paws360.' || x.table_name)
      AND a.attname = x.column_name
      AND NOT a.attisdropped
LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum;

-- Constraints; the schema's name is cut out, as it is only printed where search_path lacks it
SELECT 'constraint ' || x.constraint_name || ' on ' || x.table_name AS check_name,
       CASE WHEN con.convalidated AND replace(pg_get_constraintdef(con.oid), 'paws360.', '') = x.definition
            THEN 'PASS' ELSE 'FAIL' END AS status,
       COALESCE(
           pg_get_constraintdef(con.oid) || CASE WHEN con.convalidated THEN '' ELSE ' (not validated)' END,
           'missing'
       ) AS details
FROM (VALUES
    ('audit_log', 'audit_log_operation_check', 'CHECK ((operation = ANY (ARRAY[''INSERT''::text, ''UPDATE''::text, ''DELETE''::text, ''TRUNCATE''::text])))'),
    ('audit_log', 'audit_log_pkey', 'PRIMARY KEY (audit_id)'),
    ('audit_log', 'audit_log_rows_check', 'CHECK ((((old_row IS NOT NULL) = (operation = ANY (ARRAY[''UPDATE''::text, ''DELETE''::text]))) AND ((new_row IS NOT NULL) = (operation = ANY (ARRAY[''INSERT''::text, ''UPDATE''::text])))))')
) AS x (table_name, constraint_name, definition)
LEFT JOIN pg_constraint con
       ON con.conrelid = to_regclass('paws360.' || x.table_name)
      AND con.conname = x.constraint_name;

-- Indexes
SELECT 'index ' || x.index_name AS check_name,
       CASE WHEN i.indisvalid AND i.indisready
             AND replace(pg_get_indexdef(i.indexrelid), 'paws360.', '') = x.definition
            THEN 'PASS' ELSE 'FAIL' END AS status,
       COALESCE(
           pg_get_indexdef(i.indexrelid) || CASE WHEN i.indisvalid THEN '' ELSE ' (invalid)' END,
           'missing'
       ) AS details
FROM (VALUES
    ('idx_audit_log_table_time', 'CREATE INDEX idx_audit_log_table_time ON audit_log USING btree (table_name, changed_at)')
) AS x (index_name, definition)
LEFT JOIN pg_index i ON i.indexrelid = to_regclass('paws360.' || x.index_name);

-- Functions, each by its argument types
SELECT 'function ' || x.signature AS check_name,
       CASE WHEN pg_get_function_result(p.oid) = x.result
             AND p.provolatile = left(x.volatility, 1)
             AND p.prosecdef = x.security_definer
             AND NOT (p.prosecdef AND has_function_privilege('public', p.oid, 'EXECUTE'))
             AND p.proconfig = ARRAY['search_path=paws360, pg_temp']
            THEN 'PASS' ELSE 'FAIL' END AS status,
       COALESCE(
           'returns ' || pg_get_function_result(p.oid) || ', set ' || COALESCE(p.proconfig::TEXT, 'nothing'),
           'missing'
       ) AS details
FROM (VALUES
    ('record_audit()', 'trigger', 'volatile', true),
    ('refuse_audit_change()', 'trigger', 'volatile', false)
) AS x (signature, result, volatility, security_definer)
LEFT JOIN pg_proc p ON p.oid = to_regprocedure('paws360.' || x.signature);

-- Triggers; enabled 'O' is the normal state, 'A' always
SELECT 'trigger ' || x.trigger_name || ' on ' || x.table_name AS check_name,
       CASE WHEN t.tgenabled = x.enabled
             AND replace(pg_get_triggerdef(t.oid), 'paws360.', '') = x.definition
            THEN 'PASS' ELSE 'FAIL' END AS status,
       COALESCE(
           pg_get_triggerdef(t.oid) || CASE t.tgenabled WHEN 'D' THEN ' (disabled)' ELSE '' END,
           'missing'
       ) AS details
FROM (VALUES
    ('departments', 'trigger_audit', 'CREATE TRIGGER trigger_audit AFTER INSERT OR DELETE OR UPDATE ON departments FOR EACH ROW EXECUTE FUNCTION record_audit()', 'O'),
    ('departments', 'trigger_audit_truncate', 'CREATE TRIGGER trigger_audit_truncate AFTER TRUNCATE ON departments FOR EACH STATEMENT EXECUTE FUNCTION record_audit()', 'O'),
    ('terms', 'trigger_audit', 'CREATE TRIGGER trigger_audit AFTER INSERT OR DELETE OR UPDATE ON terms FOR EACH ROW EXECUTE FUNCTION record_audit()', 'O'),
    ('terms', 'trigger_audit_truncate', 'CREATE TRIGGER trigger_audit_truncate AFTER TRUNCATE ON terms FOR EACH STATEMENT EXECUTE FUNCTION record_audit()', 'O'),
    ('roles', 'trigger_audit', 'CREATE TRIGGER trigger_audit AFTER INSERT OR DELETE OR UPDATE ON roles FOR EACH ROW EXECUTE FUNCTION record_audit()', 'O'),
    ('roles', 'trigger_audit_truncate', 'CREATE TRIGGER trigger_audit_truncate AFTER TRUNCATE ON roles FOR EACH STATEMENT EXECUTE FUNCTION record_audit()', 'O'),
    ('grade_scale', 'trigger_audit', 'CREATE TRIGGER trigger_audit AFTER INSERT OR DELETE OR UPDATE ON grade_scale FOR EACH ROW EXECUTE FUNCTION record_audit()', 'O'),
    ('grade_scale', 'trigger_audit_truncate', 'CREATE TRIGGER trigger_audit_truncate AFTER TRUNCATE ON grade_scale FOR EACH STATEMENT EXECUTE FUNCTION record_audit()', 'O'),
    ('users', 'trigger_audit', 'CREATE TRIGGER trigger_audit AFTER INSERT OR DELETE OR UPDATE ON users FOR EACH ROW EXECUTE FUNCTION record_audit()', 'O'),
    ('users', 'trigger_audit_truncate', 'CREATE TRIGGER trigger_audit_truncate AFTER TRUNCATE ON users FOR EACH STATEMENT EXECUTE FUNCTION record_audit()', 'O'),
    ('user_roles', 'trigger_audit', 'CREATE TRIGGER trigger_audit AFTER INSERT OR DELETE OR UPDATE ON user_roles FOR EACH ROW EXECUTE FUNCTION record_audit()', 'O'),
    ('user_roles', 'trigger_audit_truncate', 'CREATE TRIGGER trigger_audit_truncate AFTER TRUNCATE ON user_roles FOR EACH STATEMENT EXECUTE FUNCTION record_audit()', 'O'),
    ('students', 'trigger_audit', 'CREATE TRIGGER trigger_audit AFTER INSERT OR DELETE OR UPDATE ON students FOR EACH ROW EXECUTE FUNCTION record_audit()', 'O'),
    ('students', 'trigger_audit_truncate', 'CREATE TRIGGER trigger_audit_truncate AFTER TRUNCATE ON students FOR EACH STATEMENT EXECUTE FUNCTION record_audit()', 'O'),
    ('faculty', 'trigger_audit', 'CREATE TRIGGER trigger_audit AFTER INSERT OR DELETE OR UPDATE ON faculty FOR EACH ROW EXECUTE FUNCTION record_audit()', 'O'),
    ('faculty', 'trigger_audit_truncate', 'CREATE TRIGGER trigger_audit_truncate AFTER TRUNCATE ON faculty FOR EACH STATEMENT EXECUTE FUNCTION record_audit()', 'O'),
    ('courses', 'trigger_audit', 'CREATE TRIGGER trigger_audit AFTER INSERT OR DELETE OR UPDATE ON courses FOR EACH ROW EXECUTE FUNCTION record_audit()', 'O'),
    ('courses', 'trigger_audit_truncate', 'CREATE TRIGGER trigger_audit_truncate AFTER TRUNCATE ON courses FOR EACH STATEMENT EXECUTE FUNCTION record_audit()', 'O'),
    ('course_sections', 'trigger_audit', 'CREATE TRIGGER trigger_audit AFTER INSERT OR DELETE OR UPDATE ON course_sections FOR EACH ROW EXECUTE FUNCTION record_audit()', 'O'),
    ('course_sections', 'trigger_audit_truncate', 'CREATE TRIGGER trigger_audit_truncate AFTER TRUNCATE ON course_sections FOR EACH STATEMENT EXECUTE FUNCTION record_audit()', 'O'),
    ('enrollments', 'trigger_audit', 'CREATE TRIGGER trigger_audit AFTER INSERT OR DELETE OR UPDATE ON enrollments FOR EACH ROW EXECUTE FUNCTION record_audit()', 'O'),
    ('enrollments', 'trigger_audit_truncate', 'CREATE TRIGGER trigger_audit_truncate AFTER TRUNCATE ON enrollments FOR EACH STATEMENT EXECUTE FUNCTION record_audit()', 'O'),
    ('audit_log', 'trigger_audit_append_only', 'CREATE TRIGGER trigger_audit_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON audit_log FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_change()', 'A')
) AS x (table_name, trigger_name, definition, enabled)
LEFT JOIN pg_trigger t
       ON t.tgrelid = to_regclass('paws360.' || x.table_name)
      AND t.tgname = x.trigger_name
      AND NOT t.tgisinternal;
