-- Migration: Add automated GPA calculation
-- Version: 006
-- Applied: DATE
--
-- GPA: grade points times credit hours over credit hours, of completed enrollments whose letter counts on the
-- grade scale. W, I, P, NP, AU and TR neither help nor hurt.
-- Retakes: every counted attempt counts, the first as well as the last; none replaces another.
-- Kept by triggers on enrollments and on what a grade is worth: credit hours, a section's course, the scale.
-- A student is only touched when an attempt that counts came, went or changed.

BEGIN;

CREATE FUNCTION paws360.calculate_student_gpa(p_student_id UUID)
RETURNS DECIMAL(3,2) AS $$
BEGIN
    -- NULL without credits that count.
    RETURN (
        SELECT ROUND(SUM(g.points * c.credit_hours) / NULLIF(SUM(c.credit_hours), 0), 2)
        FROM paws360.enrollments e
        JOIN paws360.grade_scale g ON g.letter = e.grade
        JOIN paws360.course_sections cs ON cs.section_id = e.section_id
        JOIN paws360.courses c ON c.course_id = cs.course_id
        WHERE e.student_id = p_student_id
          AND e.enrollment_status = 'completed'
          AND g.counts_in_gpa
    );
END;
$$ LANGUAGE plpgsql STABLE
SET search_path = paws360, pg_temp;

-- Two grades of one student posted at once: the second waits for the row and then calculates in a statement of
-- its own, whose snapshot has the first. In key order, so that two rosters with common students do not deadlock.
CREATE FUNCTION paws360.refresh_student_gpa(p_student_ids UUID[])
RETURNS VOID AS $$
BEGIN
    IF cardinality(p_student_ids) = 0 THEN
        RETURN;
    END IF;

    PERFORM 1
    FROM paws360.students s
    WHERE s.student_id = ANY (p_student_ids)
    ORDER BY s.student_id
    FOR NO KEY UPDATE;

    UPDATE paws360.students s
    SET gpa = paws360.calculate_student_gpa(s.student_id),
        updated_at = CURRENT_TIMESTAMP
    WHERE s.student_id = ANY (p_student_ids);
END;
$$ LANGUAGE plpgsql
SET search_path = paws360, pg_temp;

CREATE FUNCTION paws360.update_student_gpa()
RETURNS TRIGGER AS $$
DECLARE
    changed_students UUID[];
BEGIN
    -- Branches, because each event has only the transition tables it can have.
    IF TG_OP = 'INSERT' THEN
        SELECT array_agg(DISTINCT n.student_id) INTO changed_students
        FROM new_rows n
        JOIN paws360.grade_scale g ON g.letter = n.grade AND g.counts_in_gpa
        WHERE n.enrollment_status = 'completed';
    ELSIF TG_OP = 'DELETE' THEN
        SELECT array_agg(DISTINCT o.student_id) INTO changed_students
        FROM old_rows o
        JOIN paws360.grade_scale g ON g.letter = o.grade AND g.counts_in_gpa
        WHERE o.enrollment_status = 'completed';
    ELSE
        WITH counted_before AS (
            SELECT o.enrollment_id, o.student_id, o.section_id, o.grade
            FROM old_rows o
            JOIN paws360.grade_scale g ON g.letter = o.grade AND g.counts_in_gpa
            WHERE o.enrollment_status = 'completed'
        ), counted_after AS (
            SELECT n.enrollment_id, n.student_id, n.section_id, n.grade
            FROM new_rows n
            JOIN paws360.grade_scale g ON g.letter = n.grade AND g.counts_in_gpa
            WHERE n.enrollment_status = 'completed'
        ), changed AS (
            (TABLE counted_before EXCEPT TABLE counted_after)
            UNION ALL
            (TABLE counted_after EXCEPT TABLE counted_before)
        )
        SELECT array_agg(DISTINCT c.student_id) INTO changed_students FROM changed c;
    END IF;

    PERFORM paws360.refresh_student_gpa(COALESCE(changed_students, '{}'));
    RETURN NULL;
END;
$$ LANGUAGE plpgsql
SET search_path = paws360, pg_temp;

-- One trigger per event: PostgreSQL gives transition tables to single-event triggers only.
CREATE TRIGGER trigger_update_gpa
    AFTER UPDATE ON paws360.enrollments
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION paws360.update_student_gpa();
CREATE TRIGGER trigger_update_gpa_insert
    AFTER INSERT ON paws360.enrollments
    REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION paws360.update_student_gpa();
CREATE TRIGGER trigger_update_gpa_delete
    AFTER DELETE ON paws360.enrollments
    REFERENCING OLD TABLE AS old_rows
    FOR EACH STATEMENT EXECUTE FUNCTION paws360.update_student_gpa();

CREATE FUNCTION paws360.update_gpa_of_dependents()
RETURNS TRIGGER AS $$
BEGIN
    PERFORM paws360.refresh_student_gpa(ARRAY(
        SELECT DISTINCT e.student_id
        FROM paws360.enrollments e
        JOIN paws360.course_sections cs ON cs.section_id = e.section_id
        WHERE e.enrollment_status = 'completed'
          AND CASE TG_TABLE_NAME
              WHEN 'courses' THEN cs.course_id = (to_jsonb(NEW) ->> 'course_id')::UUID
              WHEN 'course_sections' THEN cs.section_id = (to_jsonb(NEW) ->> 'section_id')::UUID
              WHEN 'grade_scale' THEN e.grade = to_jsonb(NEW) ->> 'letter'
          END
    ));
    RETURN NULL;
END;
$$ LANGUAGE plpgsql
SET search_path = paws360, pg_temp;

CREATE TRIGGER trigger_update_gpa AFTER UPDATE OF credit_hours ON paws360.courses
    FOR EACH ROW WHEN (OLD.credit_hours IS DISTINCT FROM NEW.credit_hours)
    EXECUTE FUNCTION paws360.update_gpa_of_dependents();
CREATE TRIGGER trigger_update_gpa AFTER UPDATE OF course_id ON paws360.course_sections
    FOR EACH ROW WHEN (OLD.course_id IS DISTINCT FROM NEW.course_id)
    EXECUTE FUNCTION paws360.update_gpa_of_dependents();
CREATE TRIGGER trigger_update_gpa AFTER UPDATE OF points, counts_in_gpa ON paws360.grade_scale
    FOR EACH ROW WHEN (OLD.points IS DISTINCT FROM NEW.points)
    EXECUTE FUNCTION paws360.update_gpa_of_dependents();

-- Students with completed enrollments whose stored value differs; others keep theirs.
UPDATE paws360.students s
SET gpa = paws360.calculate_student_gpa(s.student_id),
    updated_at = CURRENT_TIMESTAMP
WHERE EXISTS (
          SELECT 1 FROM paws360.enrollments e
          WHERE e.student_id = s.student_id AND e.enrollment_status = 'completed'
      )
  AND s.gpa IS DISTINCT FROM paws360.calculate_student_gpa(s.student_id);

COMMENT ON FUNCTION paws360.calculate_student_gpa(UUID) IS 'Calculate cumulative GPA for a student';
COMMENT ON FUNCTION paws360.refresh_student_gpa(UUID[]) IS 'Lock the students and store their GPA anew';
COMMENT ON FUNCTION paws360.update_student_gpa() IS 'Trigger function to update student GPA when grades change';
COMMENT ON FUNCTION paws360.update_gpa_of_dependents() IS
    'Trigger function to update GPAs when credit hours, a section''s course or the grade scale change';

COMMIT;
