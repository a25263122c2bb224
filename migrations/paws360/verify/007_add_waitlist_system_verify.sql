-- Verification for: Add course waitlist functionality
-- Version: 007

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
    ('enrollments', 'waitlist_position', 'integer', false, NULL),
    ('enrollments', 'waitlist_date', 'timestamp with time zone', false, NULL)
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
    ('enrollments', 'enrollments_status_check', 'CHECK (((enrollment_status)::text = ANY ((ARRAY[''enrolled''::character varying, ''completed''::character varying, ''dropped''::character varying, ''withdrawn''::character varying, ''waitlisted''::character varying])::text[])))'),
    ('enrollments', 'enrollments_waitlist_check', 'CHECK (((((enrollment_status)::text = ''waitlisted''::text) = (waitlist_position IS NOT NULL)) AND (((enrollment_status)::text = ''waitlisted''::text) = (waitlist_date IS NOT NULL))))'),
    ('enrollments', 'enrollments_waitlist_position_check', 'CHECK ((waitlist_position > 0))')
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
    ('idx_enrollments_waitlist', 'CREATE UNIQUE INDEX idx_enrollments_waitlist ON enrollments USING btree (section_id, waitlist_position) WHERE ((enrollment_status)::text = ''waitlisted''::text)')
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
    ('lock_sections(uuid[])', 'void', 'volatile', false),
    ('free_seats(uuid)', 'integer', 'stable', false),
    ('close_waitlist_gaps(uuid)', 'void', 'volatile', false),
    ('add_to_waitlist(uuid,uuid)', 'integer', 'volatile', false),
    ('promote_from_waitlist(uuid)', 'uuid', 'volatile', false),
    ('leave_section(uuid,uuid,character varying)', 'boolean', 'volatile', false),
    ('assign_waitlist_place()', 'trigger', 'volatile', false),
    ('handle_enrollment_changes()', 'trigger', 'volatile', false),
    ('handle_capacity_changes()', 'trigger', 'volatile', false)
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
    ('courses', 'trigger_handle_capacity_changes', 'CREATE TRIGGER trigger_handle_capacity_changes AFTER UPDATE OF max_enrollment ON courses FOR EACH ROW WHEN ((old.max_enrollment < new.max_enrollment)) EXECUTE FUNCTION handle_capacity_changes()', 'O'),
    ('course_sections', 'trigger_handle_capacity_changes', 'CREATE TRIGGER trigger_handle_capacity_changes AFTER UPDATE OF max_enrollment ON course_sections FOR EACH ROW WHEN ((old.max_enrollment IS DISTINCT FROM new.max_enrollment)) EXECUTE FUNCTION handle_capacity_changes()', 'O'),
    ('enrollments', 'trigger_assign_waitlist_place', 'CREATE TRIGGER trigger_assign_waitlist_place BEFORE INSERT OR UPDATE ON enrollments FOR EACH ROW EXECUTE FUNCTION assign_waitlist_place()', 'O'),
    ('enrollments', 'trigger_handle_enrollment_changes', 'CREATE TRIGGER trigger_handle_enrollment_changes AFTER UPDATE ON enrollments REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION handle_enrollment_changes()', 'O'),
    ('enrollments', 'trigger_handle_enrollment_changes_delete', 'CREATE TRIGGER trigger_handle_enrollment_changes_delete AFTER DELETE ON enrollments REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION handle_enrollment_changes()', 'O'),
    ('enrollments', 'trigger_handle_enrollment_changes_insert', 'CREATE TRIGGER trigger_handle_enrollment_changes_insert AFTER INSERT ON enrollments REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION handle_enrollment_changes()', 'O')
) AS x (table_name, trigger_name, definition, enabled)
LEFT JOIN pg_trigger t
       ON t.tgrelid = to_regclass('paws360.' || x.table_name)
      AND t.tgname = x.trigger_name
      AND NOT t.tgisinternal;

-- Rows: every waitlist is 1..n (positions are unique, so the last one tells)
SELECT 'waitlists without gaps' AS check_name,
       CASE WHEN COUNT(*) FILTER (WHERE x.last_position <> x.waiting) = 0 THEN 'PASS' ELSE 'FAIL' END AS status,
       format('%s waitlists, %s with gaps', COUNT(*), COUNT(*) FILTER (WHERE x.last_position <> x.waiting))
           AS details
FROM (
    SELECT MAX(e.waitlist_position) AS last_position, COUNT(*) AS waiting
    FROM paws360.enrollments e
    WHERE e.enrollment_status = 'waitlisted'
    GROUP BY e.section_id
) x;
