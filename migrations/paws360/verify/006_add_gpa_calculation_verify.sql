-- Verification for: Add automated GPA calculation
-- Version: 006

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
    ('calculate_student_gpa(uuid)', 'numeric', 'stable', false),
    ('refresh_student_gpa(uuid[])', 'void', 'volatile', false),
    ('update_student_gpa()', 'trigger', 'volatile', false),
    ('update_gpa_of_dependents()', 'trigger', 'volatile', false)
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
    ('grade_scale', 'trigger_update_gpa', 'CREATE TRIGGER trigger_update_gpa AFTER UPDATE OF points, counts_in_gpa ON grade_scale FOR EACH ROW WHEN ((old.points IS DISTINCT FROM new.points)) EXECUTE FUNCTION update_gpa_of_dependents()', 'O'),
    ('courses', 'trigger_update_gpa', 'CREATE TRIGGER trigger_update_gpa AFTER UPDATE OF credit_hours ON courses FOR EACH ROW WHEN ((old.credit_hours IS DISTINCT FROM new.credit_hours)) EXECUTE FUNCTION update_gpa_of_dependents()', 'O'),
    ('course_sections', 'trigger_update_gpa', 'CREATE TRIGGER trigger_update_gpa AFTER UPDATE OF course_id ON course_sections FOR EACH ROW WHEN ((old.course_id IS DISTINCT FROM new.course_id)) EXECUTE FUNCTION update_gpa_of_dependents()', 'O'),
    ('enrollments', 'trigger_update_gpa', 'CREATE TRIGGER trigger_update_gpa AFTER UPDATE ON enrollments REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION update_student_gpa()', 'O'),
    ('enrollments', 'trigger_update_gpa_delete', 'CREATE TRIGGER trigger_update_gpa_delete AFTER DELETE ON enrollments REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION update_student_gpa()', 'O'),
    ('enrollments', 'trigger_update_gpa_insert', 'CREATE TRIGGER trigger_update_gpa_insert AFTER INSERT ON enrollments REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION update_student_gpa()', 'O')
) AS x (table_name, trigger_name, definition, enabled)
LEFT JOIN pg_trigger t
       ON t.tgrelid = to_regclass('paws360.' || x.table_name)
      AND t.tgname = x.trigger_name
      AND NOT t.tgisinternal;

-- Rows: what is stored is what the grades say
SELECT 'stored GPA of students with completed enrollments' AS check_name,
       CASE WHEN COUNT(*) FILTER (WHERE x.stored IS DISTINCT FROM x.computed) = 0
            THEN 'PASS' ELSE 'FAIL' END AS status,
       format(
           '%s students, %s differ', COUNT(*), COUNT(*) FILTER (WHERE x.stored IS DISTINCT FROM x.computed)
       ) AS details
FROM (
    SELECT s.student_id,
           s.gpa AS stored,
           ROUND(
               SUM(g.points * c.credit_hours)
               / NULLIF(SUM(c.credit_hours) FILTER (WHERE g.counts_in_gpa), 0),
               2
           ) AS computed
    FROM paws360.students s
    JOIN paws360.enrollments e ON e.student_id = s.student_id AND e.enrollment_status = 'completed'
    JOIN paws360.course_sections cs ON cs.section_id = e.section_id
    JOIN paws360.courses c ON c.course_id = cs.course_id
    LEFT JOIN paws360.grade_scale g ON g.letter = e.grade
    GROUP BY s.student_id, s.gpa
) x;
