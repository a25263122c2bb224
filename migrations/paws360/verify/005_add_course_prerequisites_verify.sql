-- Verification for: Add course prerequisites functionality
-- Version: 005

-- Tables
SELECT 'table ' || x.table_name AS check_name,
       CASE WHEN c.relkind = 'r' AND c.relpersistence = 'p' THEN 'PASS' ELSE 'FAIL' END AS status,
       CASE WHEN c.oid IS NULL THEN 'missing' ELSE 'exists' END AS details
FROM (VALUES
    ('course_prerequisites')
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
    ('course_prerequisites', 'prerequisite_id', 'uuid', true, 'gen_random_uuid()'),
    ('course_prerequisites', 'course_id', 'uuid', true, NULL),
    ('course_prerequisites', 'prerequisite_course_id', 'uuid', true, NULL),
    ('course_prerequisites', 'prerequisite_type', 'character varying(20)', true, '''required''::character varying'),
    ('course_prerequisites', 'minimum_grade', 'character varying(2)', false, NULL),
    ('course_prerequisites', 'created_at', 'timestamp with time zone', true, 'CURRENT_TIMESTAMP')
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
    ('course_prerequisites', 'course_prerequisites_course_id_fkey', 'FOREIGN KEY (course_id) REFERENCES courses(course_id) ON DELETE CASCADE'),
    ('course_prerequisites', 'course_prerequisites_minimum_grade_fkey', 'FOREIGN KEY (minimum_grade) REFERENCES grade_scale(letter)'),
    ('course_prerequisites', 'course_prerequisites_pair_key', 'UNIQUE (course_id, prerequisite_course_id)'),
    ('course_prerequisites', 'course_prerequisites_pkey', 'PRIMARY KEY (prerequisite_id)'),
    ('course_prerequisites', 'course_prerequisites_prerequisite_course_id_fkey', 'FOREIGN KEY (prerequisite_course_id) REFERENCES courses(course_id)'),
    ('course_prerequisites', 'course_prerequisites_self_check', 'CHECK ((course_id <> prerequisite_course_id))'),
    ('course_prerequisites', 'course_prerequisites_type_check', 'CHECK (((prerequisite_type)::text = ANY ((ARRAY[''required''::character varying, ''recommended''::character varying])::text[])))')
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
    ('idx_prerequisites_course', 'CREATE INDEX idx_prerequisites_course ON course_prerequisites USING btree (course_id)'),
    ('idx_prerequisites_prereq', 'CREATE INDEX idx_prerequisites_prereq ON course_prerequisites USING btree (prerequisite_course_id)'),
    ('idx_prerequisites_minimum_grade', 'CREATE INDEX idx_prerequisites_minimum_grade ON course_prerequisites USING btree (minimum_grade)')
) AS x (index_name, definition)
LEFT JOIN pg_index i ON i.indexrelid = to_regclass('paws360.' || x.index_name);

-- Functions, each by its argument types
SELECT 'function ' || x.signature AS check_name,
       CASE WHEN pg_get_function_result(p.oid) = x.result
             AND p.provolatile = left(x.volatility, 1)
             AND p.prosecdef = x.security_definer
             AND p.proconfig = ARRAY['search_path=paws360, pg_temp']
            THEN 'PASS' ELSE 'FAIL' END AS status,
       COALESCE(
           'returns ' || pg_get_function_result(p.oid) || ', set ' || COALESCE(p.proconfig::TEXT, 'nothing'),
           'missing'
       ) AS details
FROM (VALUES
    ('lock_prerequisites()', 'trigger', 'volatile', false),
    ('check_prerequisite_rule()', 'trigger', 'volatile', false),
    ('check_prerequisites(uuid,uuid)', 'boolean', 'stable', false),
    ('check_enrollment_prerequisites()', 'trigger', 'volatile', false)
) AS x (signature, result, volatility, security_definer)
LEFT JOIN pg_proc p ON p.oid = to_regprocedure('paws360.' || x.signature);

-- Triggers; enabled 'O' is the normal state
SELECT 'trigger ' || x.trigger_name || ' on ' || x.table_name AS check_name,
       CASE WHEN t.tgenabled = x.enabled
             AND replace(pg_get_triggerdef(t.oid), 'paws360.', '') = x.definition
            THEN 'PASS' ELSE 'FAIL' END AS status,
       COALESCE(
           pg_get_triggerdef(t.oid) || CASE t.tgenabled WHEN 'D' THEN ' (disabled)' ELSE '' END,
           'missing'
       ) AS details
FROM (VALUES
    ('enrollments', 'trigger_check_prerequisites', 'CREATE TRIGGER trigger_check_prerequisites BEFORE INSERT OR UPDATE ON enrollments FOR EACH ROW EXECUTE FUNCTION check_enrollment_prerequisites()', 'O'),
    ('course_prerequisites', 'trigger_audit', 'CREATE TRIGGER trigger_audit AFTER INSERT OR DELETE OR UPDATE ON course_prerequisites FOR EACH ROW EXECUTE FUNCTION record_audit()', 'O'),
    ('course_prerequisites', 'trigger_audit_truncate', 'CREATE TRIGGER trigger_audit_truncate AFTER TRUNCATE ON course_prerequisites FOR EACH STATEMENT EXECUTE FUNCTION record_audit()', 'O'),
    ('course_prerequisites', 'trigger_check_prerequisite_rule', 'CREATE TRIGGER trigger_check_prerequisite_rule AFTER INSERT OR UPDATE ON course_prerequisites FOR EACH ROW EXECUTE FUNCTION check_prerequisite_rule()', 'O'),
    ('course_prerequisites', 'trigger_lock_prerequisites', 'CREATE TRIGGER trigger_lock_prerequisites BEFORE INSERT OR UPDATE ON course_prerequisites FOR EACH STATEMENT EXECUTE FUNCTION lock_prerequisites()', 'O')
) AS x (table_name, trigger_name, definition, enabled)
LEFT JOIN pg_trigger t
       ON t.tgrelid = to_regclass('paws360.' || x.table_name)
      AND t.tgname = x.trigger_name
      AND NOT t.tgisinternal;

-- Rows: no course may be reached from itself
WITH RECURSIVE needed (start_id, course_id) AS (
    SELECT p.course_id, p.prerequisite_course_id FROM paws360.course_prerequisites p
    UNION
    SELECT n.start_id, p.prerequisite_course_id
    FROM needed n
    JOIN paws360.course_prerequisites p ON p.course_id = n.course_id
)
SELECT 'no prerequisite cycle' AS check_name,
       CASE WHEN COUNT(*) = 0 THEN 'PASS' ELSE 'FAIL' END AS status,
       COUNT(*) || ' courses need themselves' AS details
FROM needed n
WHERE n.start_id = n.course_id;
