-- Rollback for: Add performance indexes
-- Version: 003

BEGIN;

DROP INDEX paws360.idx_enrollments_grade;
DROP INDEX paws360.idx_enrollments_section_status;
DROP INDEX paws360.idx_enrollments_student_status;
DROP INDEX paws360.idx_course_sections_instructor;
DROP INDEX paws360.idx_course_sections_term;
DROP INDEX paws360.idx_faculty_department;
DROP INDEX paws360.idx_students_department;
DROP INDEX paws360.idx_user_roles_role;
DROP INDEX paws360.idx_users_name;

COMMIT;
