-- Rollback for: Add audit triggers
-- Version: 002
--
-- The audit log is lost with its table: export it first if it must be kept.

BEGIN;

DROP TRIGGER trigger_audit ON paws360.departments;
DROP TRIGGER trigger_audit_truncate ON paws360.departments;
DROP TRIGGER trigger_audit ON paws360.terms;
DROP TRIGGER trigger_audit_truncate ON paws360.terms;
DROP TRIGGER trigger_audit ON paws360.roles;
DROP TRIGGER trigger_audit_truncate ON paws360.roles;
DROP TRIGGER trigger_audit ON paws360.grade_scale;
DROP TRIGGER trigger_audit_truncate ON paws360.grade_scale;
DROP TRIGGER trigger_audit ON paws360.users;
DROP TRIGGER trigger_audit_truncate ON paws360.users;
DROP TRIGGER trigger_audit ON paws360.user_roles;
DROP TRIGGER trigger_audit_truncate ON paws360.user_roles;
DROP TRIGGER trigger_audit ON paws360.students;
DROP TRIGGER trigger_audit_truncate ON paws360.students;
DROP TRIGGER trigger_audit ON paws360.faculty;
DROP TRIGGER trigger_audit_truncate ON paws360.faculty;
DROP TRIGGER trigger_audit ON paws360.courses;
DROP TRIGGER trigger_audit_truncate ON paws360.courses;
DROP TRIGGER trigger_audit ON paws360.course_sections;
DROP TRIGGER trigger_audit_truncate ON paws360.course_sections;
DROP TRIGGER trigger_audit ON paws360.enrollments;
DROP TRIGGER trigger_audit_truncate ON paws360.enrollments;

DROP FUNCTION paws360.record_audit();

DROP TABLE paws360.audit_log;
DROP FUNCTION paws360.refuse_audit_change();

COMMIT;
