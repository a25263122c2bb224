-- Verification for: Add performance indexes
-- Version: 003

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
    ('idx_users_name', 'CREATE INDEX idx_users_name ON users USING btree (last_name, first_name)'),
    ('idx_user_roles_role', 'CREATE INDEX idx_user_roles_role ON user_roles USING btree (role_code)'),
    ('idx_students_department', 'CREATE INDEX idx_students_department ON students USING btree (department_id)'),
    ('idx_faculty_department', 'CREATE INDEX idx_faculty_department ON faculty USING btree (department_id)'),
    ('idx_course_sections_term', 'CREATE INDEX idx_course_sections_term ON course_sections USING btree (term_id)'),
    ('idx_course_sections_instructor', 'CREATE INDEX idx_course_sections_instructor ON course_sections USING btree (instructor_id)'),
    ('idx_enrollments_student_status', 'CREATE INDEX idx_enrollments_student_status ON enrollments USING btree (student_id, enrollment_status)'),
    ('idx_enrollments_section_status', 'CREATE INDEX idx_enrollments_section_status ON enrollments USING btree (section_id, enrollment_status)'),
    ('idx_enrollments_grade', 'CREATE INDEX idx_enrollments_grade ON enrollments USING btree (grade)')
) AS x (index_name, definition)
LEFT JOIN pg_index i ON i.indexrelid = to_regclass('paws360.' || x.index_name);
