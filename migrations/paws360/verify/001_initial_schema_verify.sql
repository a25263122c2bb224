-- Verification for: Initial schema: people, catalogue, sections and enrollments
-- Version: 001

-- Schema
SELECT 'schema paws360' AS check_name,
       CASE WHEN to_regnamespace('paws360') IS NOT NULL THEN 'PASS' ELSE 'FAIL' END AS status,
       COALESCE('owner ' || (
           SELECT pg_get_userbyid(n.nspowner) FROM pg_namespace n WHERE n.nspname = 'paws360'
       ), 'missing') AS details;

-- Tables
SELECT 'table ' || x.table_name AS check_name,
       CASE WHEN c.relkind = 'r' AND c.relpersistence = 'p' THEN 'PASS' ELSE 'FAIL' END AS status,
       CASE WHEN c.oid IS NULL THEN 'missing' ELSE 'exists' END AS details
FROM (VALUES
    ('departments'),
    ('terms'),
    ('roles'),
    ('grade_scale'),
    ('users'),
    ('user_roles'),
    ('students'),
    ('faculty'),
    ('courses'),
    ('course_sections'),
    ('enrollments')
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
    ('departments', 'department_id', 'uuid', true, 'gen_random_uuid()'),
    ('departments', 'department_code', 'character varying(10)', true, NULL),
    ('departments', 'department_name', 'character varying(100)', true, NULL),
    ('departments', 'created_at', 'timestamp with time zone', true, 'CURRENT_TIMESTAMP'),
    ('terms', 'term_id', 'uuid', true, 'gen_random_uuid()'),
    ('terms', 'term_code', 'character varying(10)', true, NULL),
    ('terms', 'term_name', 'character varying(50)', true, NULL),
    ('terms', 'start_date', 'date', true, NULL),
    ('terms', 'end_date', 'date', true, NULL),
    ('roles', 'role_code', 'character varying(20)', true, NULL),
    ('roles', 'description', 'text', true, NULL),
    ('grade_scale', 'letter', 'character varying(2)', true, NULL),
    ('grade_scale', 'points', 'numeric(3,2)', false, NULL),
    ('grade_scale', 'counts_in_gpa', 'boolean', true, NULL),
    ('grade_scale', 'passes', 'boolean', true, NULL),
    ('grade_scale', 'description', 'text', true, NULL),
    ('users', 'user_id', 'uuid', true, 'gen_random_uuid()'),
    ('users', 'username', 'character varying(50)', true, NULL),
    ('users', 'email', 'character varying(255)', true, NULL),
    ('users', 'first_name', 'character varying(100)', true, NULL),
    ('users', 'last_name', 'character varying(100)', true, NULL),
    ('users', 'is_active', 'boolean', true, 'true'),
    ('users', 'created_at', 'timestamp with time zone', true, 'CURRENT_TIMESTAMP'),
    ('users', 'updated_at', 'timestamp with time zone', true, 'CURRENT_TIMESTAMP'),
    ('user_roles', 'user_id', 'uuid', true, NULL),
    ('user_roles', 'role_code', 'character varying(20)', true, NULL),
    ('user_roles', 'granted_at', 'timestamp with time zone', true, 'CURRENT_TIMESTAMP'),
    ('students', 'student_id', 'uuid', true, 'gen_random_uuid()'),
    ('students', 'user_id', 'uuid', true, NULL),
    ('students', 'student_number', 'character varying(20)', true, NULL),
    ('students', 'department_id', 'uuid', false, NULL),
    ('students', 'academic_status', 'character varying(20)', true, '''active''::character varying'),
    ('students', 'admission_date', 'date', true, 'CURRENT_DATE'),
    ('students', 'gpa', 'numeric(3,2)', false, NULL),
    ('students', 'created_at', 'timestamp with time zone', true, 'CURRENT_TIMESTAMP'),
    ('students', 'updated_at', 'timestamp with time zone', true, 'CURRENT_TIMESTAMP'),
    ('faculty', 'faculty_id', 'uuid', true, 'gen_random_uuid()'),
    ('faculty', 'user_id', 'uuid', true, NULL),
    ('faculty', 'employee_number', 'character varying(20)', true, NULL),
    ('faculty', 'department_id', 'uuid', true, NULL),
    ('faculty', 'title', 'character varying(50)', true, NULL),
    ('faculty', 'hire_date', 'date', true, 'CURRENT_DATE'),
    ('faculty', 'created_at', 'timestamp with time zone', true, 'CURRENT_TIMESTAMP'),
    ('faculty', 'updated_at', 'timestamp with time zone', true, 'CURRENT_TIMESTAMP'),
    ('courses', 'course_id', 'uuid', true, 'gen_random_uuid()'),
    ('courses', 'department_id', 'uuid', true, NULL),
    ('courses', 'course_number', 'character varying(10)', true, NULL),
    ('courses', 'title', 'character varying(200)', true, NULL),
    ('courses', 'description', 'text', false, NULL),
    ('courses', 'credit_hours', 'numeric(3,1)', true, NULL),
    ('courses', 'max_enrollment', 'integer', true, '30'),
    ('courses', 'is_active', 'boolean', true, 'true'),
    ('courses', 'created_at', 'timestamp with time zone', true, 'CURRENT_TIMESTAMP'),
    ('courses', 'updated_at', 'timestamp with time zone', true, 'CURRENT_TIMESTAMP'),
    ('course_sections', 'section_id', 'uuid', true, 'gen_random_uuid()'),
    ('course_sections', 'course_id', 'uuid', true, NULL),
    ('course_sections', 'term_id', 'uuid', true, NULL),
    ('course_sections', 'section_number', 'character varying(5)', true, NULL),
    ('course_sections', 'instructor_id', 'uuid', false, NULL),
    ('course_sections', 'max_enrollment', 'integer', false, NULL),
    ('course_sections', 'created_at', 'timestamp with time zone', true, 'CURRENT_TIMESTAMP'),
    ('course_sections', 'updated_at', 'timestamp with time zone', true, 'CURRENT_TIMESTAMP'),
    ('enrollments', 'enrollment_id', 'uuid', true, 'gen_random_uuid()'),
    ('enrollments', 'student_id', 'uuid', true, NULL),
    ('enrollments', 'section_id', 'uuid', true, NULL),
    ('enrollments', 'enrollment_status', 'character varying(20)', true, '''enrolled''::character varying'),
    ('enrollments', 'grade', 'character varying(2)', false, NULL),
    ('enrollments', 'enrollment_date', 'timestamp with time zone', true, 'CURRENT_TIMESTAMP'),
    ('enrollments', 'created_at', 'timestamp with time zone', true, 'CURRENT_TIMESTAMP'),
    ('enrollments', 'updated_at', 'timestamp with time zone', true, 'CURRENT_TIMESTAMP')
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
    ('departments', 'departments_code_check', 'CHECK (((department_code)::text ~ ''^[A-Z]{2,10}$''::text))'),
    ('departments', 'departments_code_key', 'UNIQUE (department_code)'),
    ('departments', 'departments_name_key', 'UNIQUE (department_name)'),
    ('departments', 'departments_pkey', 'PRIMARY KEY (department_id)'),
    ('terms', 'terms_code_key', 'UNIQUE (term_code)'),
    ('terms', 'terms_dates_check', 'CHECK ((end_date > start_date))'),
    ('terms', 'terms_pkey', 'PRIMARY KEY (term_id)'),
    ('roles', 'roles_code_check', 'CHECK (((role_code)::text ~ ''^[a-z_]+$''::text))'),
    ('roles', 'roles_pkey', 'PRIMARY KEY (role_code)'),
    ('grade_scale', 'grade_scale_counts_check', 'CHECK ((counts_in_gpa = (points IS NOT NULL)))'),
    ('grade_scale', 'grade_scale_pkey', 'PRIMARY KEY (letter)'),
    ('grade_scale', 'grade_scale_points_check', 'CHECK (((points >= (0)::numeric) AND (points <= (4)::numeric)))'),
    ('users', 'users_email_check', 'CHECK (((email)::text ~ ''^[^@[:space:]]+@[^@[:space:]]+$''::text))'),
    ('users', 'users_pkey', 'PRIMARY KEY (user_id)'),
    ('users', 'users_username_key', 'UNIQUE (username)'),
    ('user_roles', 'user_roles_pkey', 'PRIMARY KEY (user_id, role_code)'),
    ('user_roles', 'user_roles_role_code_fkey', 'FOREIGN KEY (role_code) REFERENCES roles(role_code)'),
    ('user_roles', 'user_roles_user_id_fkey', 'FOREIGN KEY (user_id) REFERENCES users(user_id) ON DELETE CASCADE'),
    ('students', 'students_department_id_fkey', 'FOREIGN KEY (department_id) REFERENCES departments(department_id)'),
    ('students', 'students_gpa_check', 'CHECK (((gpa >= (0)::numeric) AND (gpa <= (4)::numeric)))'),
    ('students', 'students_number_key', 'UNIQUE (student_number)'),
    ('students', 'students_pkey', 'PRIMARY KEY (student_id)'),
    ('students', 'students_status_check', 'CHECK (((academic_status)::text = ANY ((ARRAY[''active''::character varying, ''probation''::character varying, ''suspended''::character varying, ''graduated''::character varying, ''inactive''::character varying])::text[])))'),
    ('students', 'students_user_id_fkey', 'FOREIGN KEY (user_id) REFERENCES users(user_id)'),
    ('students', 'students_user_id_key', 'UNIQUE (user_id)'),
    ('faculty', 'faculty_department_id_fkey', 'FOREIGN KEY (department_id) REFERENCES departments(department_id)'),
    ('faculty', 'faculty_number_key', 'UNIQUE (employee_number)'),
    ('faculty', 'faculty_pkey', 'PRIMARY KEY (faculty_id)'),
    ('faculty', 'faculty_user_id_fkey', 'FOREIGN KEY (user_id) REFERENCES users(user_id)'),
    ('faculty', 'faculty_user_id_key', 'UNIQUE (user_id)'),
    ('courses', 'courses_credit_hours_check', 'CHECK ((credit_hours >= (0)::numeric))'),
    ('courses', 'courses_department_id_fkey', 'FOREIGN KEY (department_id) REFERENCES departments(department_id)'),
    ('courses', 'courses_max_enrollment_check', 'CHECK ((max_enrollment >= 0))'),
    ('courses', 'courses_number_key', 'UNIQUE (department_id, course_number)'),
    ('courses', 'courses_pkey', 'PRIMARY KEY (course_id)'),
    ('course_sections', 'course_sections_course_id_fkey', 'FOREIGN KEY (course_id) REFERENCES courses(course_id)'),
    ('course_sections', 'course_sections_instructor_id_fkey', 'FOREIGN KEY (instructor_id) REFERENCES faculty(faculty_id)'),
    ('course_sections', 'course_sections_max_enrollment_check', 'CHECK ((max_enrollment >= 0))'),
    ('course_sections', 'course_sections_number_key', 'UNIQUE (course_id, term_id, section_number)'),
    ('course_sections', 'course_sections_pkey', 'PRIMARY KEY (section_id)'),
    ('course_sections', 'course_sections_term_id_fkey', 'FOREIGN KEY (term_id) REFERENCES terms(term_id)'),
    ('enrollments', 'enrollments_grade_fkey', 'FOREIGN KEY (grade) REFERENCES grade_scale(letter)'),
    ('enrollments', 'enrollments_pkey', 'PRIMARY KEY (enrollment_id)'),
    ('enrollments', 'enrollments_section_id_fkey', 'FOREIGN KEY (section_id) REFERENCES course_sections(section_id)'),
    ('enrollments', 'enrollments_student_id_fkey', 'FOREIGN KEY (student_id) REFERENCES students(student_id)')
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
    ('users_email_key', 'CREATE UNIQUE INDEX users_email_key ON users USING btree (lower((email)::text))'),
    ('enrollments_live_key', 'CREATE UNIQUE INDEX enrollments_live_key ON enrollments USING btree (student_id, section_id) WHERE ((enrollment_status)::text <> ALL ((ARRAY[''dropped''::character varying, ''withdrawn''::character varying])::text[]))')
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
    ('set_updated_at()', 'trigger', 'volatile', false)
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
    ('users', 'trigger_set_updated_at', 'CREATE TRIGGER trigger_set_updated_at BEFORE UPDATE ON users FOR EACH ROW WHEN ((old.* IS DISTINCT FROM new.*)) EXECUTE FUNCTION set_updated_at()', 'O'),
    ('students', 'trigger_set_updated_at', 'CREATE TRIGGER trigger_set_updated_at BEFORE UPDATE ON students FOR EACH ROW WHEN ((old.* IS DISTINCT FROM new.*)) EXECUTE FUNCTION set_updated_at()', 'O'),
    ('faculty', 'trigger_set_updated_at', 'CREATE TRIGGER trigger_set_updated_at BEFORE UPDATE ON faculty FOR EACH ROW WHEN ((old.* IS DISTINCT FROM new.*)) EXECUTE FUNCTION set_updated_at()', 'O'),
    ('courses', 'trigger_set_updated_at', 'CREATE TRIGGER trigger_set_updated_at BEFORE UPDATE ON courses FOR EACH ROW WHEN ((old.* IS DISTINCT FROM new.*)) EXECUTE FUNCTION set_updated_at()', 'O'),
    ('course_sections', 'trigger_set_updated_at', 'CREATE TRIGGER trigger_set_updated_at BEFORE UPDATE ON course_sections FOR EACH ROW WHEN ((old.* IS DISTINCT FROM new.*)) EXECUTE FUNCTION set_updated_at()', 'O'),
    ('enrollments', 'trigger_set_updated_at', 'CREATE TRIGGER trigger_set_updated_at BEFORE UPDATE ON enrollments FOR EACH ROW WHEN ((old.* IS DISTINCT FROM new.*)) EXECUTE FUNCTION set_updated_at()', 'O')
) AS x (table_name, trigger_name, definition, enabled)
LEFT JOIN pg_trigger t
       ON t.tgrelid = to_regclass('paws360.' || x.table_name)
      AND t.tgname = x.trigger_name
      AND NOT t.tgisinternal;

-- The states of this version; 007 adds one
SELECT 'state ' || x.state || ' in enrollments_status_check' AS check_name,
       CASE WHEN con.convalidated AND pg_get_constraintdef(con.oid) LIKE '%''' || x.state || '''%'
            THEN 'PASS' ELSE 'FAIL' END AS status,
       COALESCE(pg_get_constraintdef(con.oid), 'missing') AS details
FROM (VALUES ('enrolled'), ('completed'), ('dropped'), ('withdrawn')) AS x (state)
LEFT JOIN pg_constraint con
       ON con.conrelid = to_regclass('paws360.enrollments')
      AND con.conname = 'enrollments_status_check';
