-- Rollback for: Initial schema: people, catalogue, sections and enrollments
-- Version: 001
--
-- Every row of these tables is lost. Objects that others added to the schema make it fail, by name.

BEGIN;

DROP TABLE paws360.enrollments;
DROP TABLE paws360.course_sections;
DROP TABLE paws360.courses;
DROP TABLE paws360.faculty;
DROP TABLE paws360.students;
DROP TABLE paws360.user_roles;
DROP TABLE paws360.users;
DROP TABLE paws360.grade_scale;
DROP TABLE paws360.roles;
DROP TABLE paws360.terms;
DROP TABLE paws360.departments;

DROP FUNCTION paws360.set_updated_at();

DROP SCHEMA paws360;

COMMIT;
