-- Rollback for: Add course waitlist functionality
-- Version: 007
--
-- Version 006 knows no waitlist: students who wait become dropped. Nobody is promoted, no row is deleted; place
-- and date of each are only in the audit log afterwards (operation UPDATE, old_row ->> 'waitlist_position').

BEGIN;

DROP TRIGGER trigger_handle_capacity_changes ON paws360.courses;
DROP TRIGGER trigger_handle_capacity_changes ON paws360.course_sections;
DROP TRIGGER trigger_handle_enrollment_changes ON paws360.enrollments;
DROP TRIGGER trigger_handle_enrollment_changes_insert ON paws360.enrollments;
DROP TRIGGER trigger_handle_enrollment_changes_delete ON paws360.enrollments;

-- The trigger that clears the place is still on.
UPDATE paws360.enrollments
SET enrollment_status = 'dropped'
WHERE enrollment_status = 'waitlisted';

DROP TRIGGER trigger_assign_waitlist_place ON paws360.enrollments;

DROP FUNCTION paws360.handle_capacity_changes();
DROP FUNCTION paws360.handle_enrollment_changes();
DROP FUNCTION paws360.assign_waitlist_place();
DROP FUNCTION paws360.leave_section(UUID, UUID, VARCHAR);
DROP FUNCTION paws360.promote_from_waitlist(UUID);
DROP FUNCTION paws360.add_to_waitlist(UUID, UUID);
DROP FUNCTION paws360.close_waitlist_gaps(UUID);
DROP FUNCTION paws360.free_seats(UUID);
DROP FUNCTION paws360.lock_sections(UUID[]);

DROP INDEX paws360.idx_enrollments_waitlist;

ALTER TABLE paws360.enrollments
    DROP CONSTRAINT enrollments_waitlist_position_check,
    DROP CONSTRAINT enrollments_waitlist_check,
    DROP CONSTRAINT enrollments_status_check,
    DROP COLUMN waitlist_position,
    DROP COLUMN waitlist_date,
    ADD CONSTRAINT enrollments_status_check
        CHECK (enrollment_status IN ('enrolled', 'completed', 'dropped', 'withdrawn'));

COMMENT ON COLUMN paws360.enrollments.enrollment_status IS 'enrolled, completed, dropped or withdrawn';

COMMIT;
