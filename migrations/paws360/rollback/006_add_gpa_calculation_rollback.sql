-- Rollback for: Add automated GPA calculation
-- Version: 006
--
-- Removes what computes, not what was computed: students.gpa keeps its last values and grows stale from here on.
-- What a value was before version 006 is in the audit log.

BEGIN;

DROP TRIGGER trigger_update_gpa ON paws360.enrollments;
DROP TRIGGER trigger_update_gpa_insert ON paws360.enrollments;
DROP TRIGGER trigger_update_gpa_delete ON paws360.enrollments;
DROP TRIGGER trigger_update_gpa ON paws360.courses;
DROP TRIGGER trigger_update_gpa ON paws360.course_sections;
DROP TRIGGER trigger_update_gpa ON paws360.grade_scale;

DROP FUNCTION paws360.update_gpa_of_dependents();
DROP FUNCTION paws360.update_student_gpa();
DROP FUNCTION paws360.refresh_student_gpa(UUID[]);
DROP FUNCTION paws360.calculate_student_gpa(UUID);

COMMIT;
