-- Migration: Add course prerequisites functionality
-- Version: 005
-- Applied: DATE
--
-- A required prerequisite is met by the best completed attempt: with a minimum grade, by its points on the grade
-- scale; without one, by any letter that passes. Letters without points (P, TR) meet no minimum grade.
-- Checked whenever a row becomes enrolled or joins a waitlist, by INSERT or UPDATE. Completed rows may be
-- recorded without a check: they are history. Rows already enrolled stay when a prerequisite is added.
-- A course that is required elsewhere cannot be deleted.

BEGIN;

CREATE TABLE paws360.course_prerequisites (
    prerequisite_id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
    course_id UUID NOT NULL
        CONSTRAINT course_prerequisites_course_id_fkey
        REFERENCES paws360.courses (course_id) ON DELETE CASCADE,
    prerequisite_course_id UUID NOT NULL
        CONSTRAINT course_prerequisites_prerequisite_course_id_fkey
        REFERENCES paws360.courses (course_id),
    prerequisite_type VARCHAR(20) NOT NULL DEFAULT 'required',
    minimum_grade VARCHAR(2)
        CONSTRAINT course_prerequisites_minimum_grade_fkey REFERENCES paws360.grade_scale (letter),
    created_at TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT course_prerequisites_pair_key UNIQUE (course_id, prerequisite_course_id),
    CONSTRAINT course_prerequisites_type_check CHECK (prerequisite_type IN ('required', 'recommended')),
    CONSTRAINT course_prerequisites_self_check CHECK (course_id <> prerequisite_course_id)
);

CREATE INDEX idx_prerequisites_course ON paws360.course_prerequisites (course_id);
CREATE INDEX idx_prerequisites_prereq ON paws360.course_prerequisites (prerequisite_course_id);
CREATE INDEX idx_prerequisites_minimum_grade ON paws360.course_prerequisites (minimum_grade);

-- Two transactions could each add one half of a cycle without seeing the other's: writers take turns. Taken
-- before the statement locks any row, so that waiting for it cannot deadlock with one that holds it.
CREATE FUNCTION paws360.lock_prerequisites()
RETURNS TRIGGER AS $$
BEGIN
    IF current_setting('transaction_isolation') IN ('repeatable read', 'serializable') THEN
        -- Its snapshot is older than the lock and would miss what was committed while waiting.
        RAISE EXCEPTION 'Prerequisites can only be changed in READ COMMITTED transactions'
            USING ERRCODE = 'feature_not_supported';
    END IF;

    PERFORM pg_advisory_xact_lock(hashtextextended('paws360.course_prerequisites', 0));
    RETURN NULL;
END;
$$ LANGUAGE plpgsql
SET search_path = paws360, pg_temp;

CREATE TRIGGER trigger_lock_prerequisites
    BEFORE INSERT OR UPDATE ON paws360.course_prerequisites
    FOR EACH STATEMENT EXECUTE FUNCTION paws360.lock_prerequisites();

CREATE FUNCTION paws360.check_prerequisite_rule()
RETURNS TRIGGER AS $$
BEGIN
    IF EXISTS (
        SELECT 1 FROM paws360.grade_scale g WHERE g.letter = NEW.minimum_grade AND g.points IS NULL
    ) THEN
        RAISE EXCEPTION 'Grade % has no points and cannot be a minimum grade', NEW.minimum_grade
            USING ERRCODE = 'check_violation';
    END IF;

    -- UNION, not UNION ALL: a course reached twice is followed once.
    IF EXISTS (
        WITH RECURSIVE needed (course_id) AS (
            SELECT NEW.prerequisite_course_id
            UNION
            SELECT p.prerequisite_course_id
            FROM paws360.course_prerequisites p
            JOIN needed n ON n.course_id = p.course_id
        )
        SELECT 1 FROM needed n WHERE n.course_id = NEW.course_id
    ) THEN
        RAISE EXCEPTION 'Prerequisite would close a cycle: course % is needed for course %',
            NEW.course_id, NEW.prerequisite_course_id
            USING ERRCODE = 'check_violation';
    END IF;

    RETURN NULL;
END;
$$ LANGUAGE plpgsql
SET search_path = paws360, pg_temp;

CREATE TRIGGER trigger_check_prerequisite_rule
    AFTER INSERT OR UPDATE ON paws360.course_prerequisites
    FOR EACH ROW EXECUTE FUNCTION paws360.check_prerequisite_rule();

CREATE TRIGGER trigger_audit AFTER INSERT OR UPDATE OR DELETE ON paws360.course_prerequisites
    FOR EACH ROW EXECUTE FUNCTION paws360.record_audit();
CREATE TRIGGER trigger_audit_truncate AFTER TRUNCATE ON paws360.course_prerequisites
    FOR EACH STATEMENT EXECUTE FUNCTION paws360.record_audit();

CREATE FUNCTION paws360.check_prerequisites(
    p_student_id UUID,
    p_course_id UUID
) RETURNS BOOLEAN AS $$
BEGIN
    RETURN NOT EXISTS (
        SELECT 1
        FROM paws360.course_prerequisites p
        LEFT JOIN paws360.grade_scale minimum ON minimum.letter = p.minimum_grade
        WHERE p.course_id = p_course_id
          AND p.prerequisite_type = 'required'
          AND NOT EXISTS (
              SELECT 1
              FROM paws360.enrollments e
              JOIN paws360.course_sections cs ON cs.section_id = e.section_id
              JOIN paws360.grade_scale g ON g.letter = e.grade
              WHERE e.student_id = p_student_id
                AND e.enrollment_status = 'completed'
                AND cs.course_id = p.prerequisite_course_id
                AND CASE WHEN p.minimum_grade IS NULL THEN g.passes ELSE g.points >= minimum.points END
          )
    );
END;
$$ LANGUAGE plpgsql STABLE
SET search_path = paws360, pg_temp;

CREATE FUNCTION paws360.check_enrollment_prerequisites()
RETURNS TRIGGER AS $$
DECLARE
    wanted_course UUID;
BEGIN
    -- No row is waitlisted before version 007.
    IF NEW.enrollment_status NOT IN ('enrolled', 'waitlisted') THEN
        RETURN NEW;
    END IF;

    IF TG_OP = 'UPDATE'
       AND (NEW.enrollment_status, NEW.student_id, NEW.section_id)
         = (OLD.enrollment_status, OLD.student_id, OLD.section_id) THEN
        RETURN NEW;
    END IF;

    SELECT cs.course_id INTO wanted_course
    FROM paws360.course_sections cs
    WHERE cs.section_id = NEW.section_id;

    IF NOT paws360.check_prerequisites(NEW.student_id, wanted_course) THEN
        RAISE EXCEPTION 'Prerequisites not met for course enrollment'
            USING ERRCODE = 'check_violation',
                  DETAIL = format('Student %s, course %s.', NEW.student_id, wanted_course);
    END IF;

    RETURN NEW;
END;
$$ LANGUAGE plpgsql
SET search_path = paws360, pg_temp;

CREATE TRIGGER trigger_check_prerequisites
    BEFORE INSERT OR UPDATE ON paws360.enrollments
    FOR EACH ROW EXECUTE FUNCTION paws360.check_enrollment_prerequisites();

COMMENT ON TABLE paws360.course_prerequisites IS 'Course prerequisite relationships';
COMMENT ON COLUMN paws360.course_prerequisites.course_id IS 'The course that asks for the prerequisite';
COMMENT ON COLUMN paws360.course_prerequisites.prerequisite_course_id IS 'The course to complete before';
COMMENT ON COLUMN paws360.course_prerequisites.prerequisite_type IS
    'required is enforced, recommended is only shown';
COMMENT ON COLUMN paws360.course_prerequisites.minimum_grade IS
    'Letter whose points the best attempt must reach; NULL for any passing grade';
COMMENT ON FUNCTION paws360.check_prerequisites(UUID, UUID) IS 'Check if student meets course prerequisites';
COMMENT ON FUNCTION paws360.check_enrollment_prerequisites() IS
    'Trigger function that refuses to enroll or waitlist without prerequisites';
COMMENT ON FUNCTION paws360.check_prerequisite_rule() IS
    'Trigger function that refuses cycles and minimum grades without points';
COMMENT ON FUNCTION paws360.lock_prerequisites() IS 'Trigger function that lets writers take turns';

COMMIT;
