-- Rollback for: Add course prerequisites functionality
-- Version: 005
--
-- The prerequisites are lost with their table; the audit log keeps each as it was written.

BEGIN;

DROP TRIGGER trigger_check_prerequisites ON paws360.enrollments;
DROP FUNCTION paws360.check_enrollment_prerequisites();
DROP FUNCTION paws360.check_prerequisites(UUID, UUID);

DROP TABLE paws360.course_prerequisites;
DROP FUNCTION paws360.check_prerequisite_rule();
DROP FUNCTION paws360.lock_prerequisites();

COMMIT;
