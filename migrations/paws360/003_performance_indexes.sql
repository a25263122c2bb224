-- Migration: Add performance indexes
-- Version: 003
-- Applied: DATE
--
-- Each foreign key that no key or index leads with, and the lookups of everyday screens.
-- Built inside the transaction, which blocks writers meanwhile: right for the new tables of this chain. On tables
-- that already hold much data, build the index CONCURRENTLY in a migration of its own.

BEGIN;

CREATE INDEX idx_users_name ON paws360.users (last_name, first_name);
CREATE INDEX idx_user_roles_role ON paws360.user_roles (role_code);
CREATE INDEX idx_students_department ON paws360.students (department_id);
CREATE INDEX idx_faculty_department ON paws360.faculty (department_id);
CREATE INDEX idx_course_sections_term ON paws360.course_sections (term_id);
CREATE INDEX idx_course_sections_instructor ON paws360.course_sections (instructor_id);
CREATE INDEX idx_enrollments_student_status ON paws360.enrollments (student_id, enrollment_status);
CREATE INDEX idx_enrollments_section_status ON paws360.enrollments (section_id, enrollment_status);
CREATE INDEX idx_enrollments_grade ON paws360.enrollments (grade);

COMMIT;
