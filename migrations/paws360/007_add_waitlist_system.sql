-- Migration: Add course waitlist functionality
-- Version: 007
-- Applied: DATE
--
-- Seats: enrolled and completed rows hold one. Capacity is the section's, or else the course's. Nobody becomes
-- enrolled in a full section; whoever loses a seat (dropped, withdrawn, deleted, moved) leaves it to the waitlist,
-- and so does a raised capacity.
-- Order: positions are 1..n without gaps. Joining is always at the end. A student whose prerequisites are no
-- longer met keeps the place but is passed over until they are met again; promote_from_waitlist then helps.
-- Joining is allowed while seats are free; only promotion or enrolling gives a seat.
--
-- Locks: section rows in key order, then waiting rows, then students (GPA). A statement on enrollments has locked
-- its own rows before any trigger can lock the section; for seats that is harmless, as whoever holds the section
-- only changes waiting rows. A plain UPDATE or DELETE of a waiting row can meet a promotion and be ended as a
-- deadlock (40P01, nothing done, try again): leave_section locks the section first and cannot.
-- READ COMMITTED only: an older snapshot would count seats from before the lock.

BEGIN;

ALTER TABLE paws360.enrollments
    ADD COLUMN waitlist_position INTEGER,
    ADD COLUMN waitlist_date TIMESTAMP WITH TIME ZONE,
    DROP CONSTRAINT enrollments_status_check,
    ADD CONSTRAINT enrollments_status_check
        CHECK (enrollment_status IN ('enrolled', 'completed', 'dropped', 'withdrawn', 'waitlisted')),
    ADD CONSTRAINT enrollments_waitlist_check CHECK (
        (enrollment_status = 'waitlisted') = (waitlist_position IS NOT NULL)
        AND (enrollment_status = 'waitlisted') = (waitlist_date IS NOT NULL)
    ),
    ADD CONSTRAINT enrollments_waitlist_position_check CHECK (waitlist_position > 0);

CREATE UNIQUE INDEX idx_enrollments_waitlist ON paws360.enrollments (section_id, waitlist_position)
WHERE enrollment_status = 'waitlisted';

-- NO KEY UPDATE: as good against each other, and inserts that check the foreign key need not wait.
CREATE FUNCTION paws360.lock_sections(p_section_ids UUID[])
RETURNS VOID AS $$
BEGIN
    IF current_setting('transaction_isolation') IN ('repeatable read', 'serializable') THEN
        RAISE EXCEPTION 'Seats and waitlists can only be changed in READ COMMITTED transactions'
            USING ERRCODE = 'feature_not_supported';
    END IF;

    PERFORM 1
    FROM paws360.course_sections cs
    WHERE cs.section_id = ANY (p_section_ids)
    ORDER BY cs.section_id
    FOR NO KEY UPDATE;
END;
$$ LANGUAGE plpgsql
SET search_path = paws360, pg_temp;

-- Right only under the section's lock.
CREATE FUNCTION paws360.free_seats(p_section_id UUID)
RETURNS INTEGER AS $$
BEGIN
    RETURN (
        SELECT COALESCE(cs.max_enrollment, c.max_enrollment)
        FROM paws360.course_sections cs
        JOIN paws360.courses c ON c.course_id = cs.course_id
        WHERE cs.section_id = p_section_id
    ) - (
        SELECT COUNT(*)
        FROM paws360.enrollments e
        WHERE e.section_id = p_section_id
          AND e.enrollment_status IN ('enrolled', 'completed')
    );
END;
$$ LANGUAGE plpgsql STABLE
SET search_path = paws360, pg_temp;

-- A unique index is checked row by row and cannot be deferred, so one UPDATE over the whole list may collide with
-- a row it has not reached yet. Moving one row at a time, lowest first, always steps into a free number; parking
-- at negative numbers would work too, but writes and audits each row twice.
CREATE FUNCTION paws360.close_waitlist_gaps(p_section_id UUID)
RETURNS VOID AS $$
DECLARE
    misplaced RECORD;
BEGIN
    FOR misplaced IN
        SELECT w.enrollment_id, w.place
        FROM (
            SELECT e.enrollment_id,
                   e.waitlist_position,
                   ROW_NUMBER() OVER (ORDER BY e.waitlist_position) AS place
            FROM paws360.enrollments e
            WHERE e.section_id = p_section_id
              AND e.enrollment_status = 'waitlisted'
        ) w
        WHERE w.waitlist_position <> w.place
        ORDER BY w.place
    LOOP
        UPDATE paws360.enrollments e
        SET waitlist_position = misplaced.place
        WHERE e.enrollment_id = misplaced.enrollment_id;
    END LOOP;
END;
$$ LANGUAGE plpgsql
SET search_path = paws360, pg_temp;

CREATE FUNCTION paws360.add_to_waitlist(
    p_student_id UUID,
    p_section_id UUID
) RETURNS INTEGER AS $$
DECLARE
    current_position INTEGER;
BEGIN
    PERFORM paws360.lock_sections(ARRAY[p_section_id]);

    -- Who dropped or withdrew may come back.
    IF EXISTS (
        SELECT 1 FROM paws360.enrollments e
        WHERE e.student_id = p_student_id
          AND e.section_id = p_section_id
          AND e.enrollment_status NOT IN ('dropped', 'withdrawn')
    ) THEN
        RAISE EXCEPTION 'Student is already enrolled or waitlisted for this section'
            USING ERRCODE = 'unique_violation';
    END IF;

    -- The trigger gives the place.
    INSERT INTO paws360.enrollments (student_id, section_id, enrollment_status)
    VALUES (p_student_id, p_section_id, 'waitlisted')
    RETURNING waitlist_position INTO current_position;

    RETURN current_position;
END;
$$ LANGUAGE plpgsql
SET search_path = paws360, pg_temp;

CREATE FUNCTION paws360.promote_from_waitlist(p_section_id UUID)
RETURNS UUID AS $$
DECLARE
    wanted_course UUID;
    promoted_student UUID;
BEGIN
    PERFORM paws360.lock_sections(ARRAY[p_section_id]);

    IF paws360.free_seats(p_section_id) <= 0 THEN
        RETURN NULL;
    END IF;

    SELECT cs.course_id INTO wanted_course
    FROM paws360.course_sections cs
    WHERE cs.section_id = p_section_id;

    SELECT e.student_id INTO promoted_student
    FROM paws360.enrollments e
    WHERE e.section_id = p_section_id
      AND e.enrollment_status = 'waitlisted'
      AND paws360.check_prerequisites(e.student_id, wanted_course)
    ORDER BY e.waitlist_position
    LIMIT 1;

    IF promoted_student IS NOT NULL THEN
        -- The triggers clear the place and close the gap.
        UPDATE paws360.enrollments e
        SET enrollment_status = 'enrolled',
            enrollment_date = CURRENT_TIMESTAMP
        WHERE e.student_id = promoted_student
          AND e.section_id = p_section_id
          AND e.enrollment_status = 'waitlisted';
    END IF;

    RETURN promoted_student;
END;
$$ LANGUAGE plpgsql
SET search_path = paws360, pg_temp;

-- Gives up a seat or a place in the waitlist; false if the student has neither.
CREATE FUNCTION paws360.leave_section(
    p_student_id UUID,
    p_section_id UUID,
    p_status VARCHAR DEFAULT 'dropped'
) RETURNS BOOLEAN AS $$
BEGIN
    IF p_status IS NULL OR p_status NOT IN ('dropped', 'withdrawn') THEN
        RAISE EXCEPTION 'A student leaves as dropped or withdrawn, not as %', p_status
            USING ERRCODE = 'check_violation';
    END IF;

    PERFORM paws360.lock_sections(ARRAY[p_section_id]);

    UPDATE paws360.enrollments e
    SET enrollment_status = p_status
    WHERE e.student_id = p_student_id
      AND e.section_id = p_section_id
      AND e.enrollment_status IN ('enrolled', 'waitlisted');

    RETURN FOUND;
END;
$$ LANGUAGE plpgsql
SET search_path = paws360, pg_temp;

CREATE FUNCTION paws360.assign_waitlist_place()
RETURNS TRIGGER AS $$
BEGIN
    IF NEW.enrollment_status <> 'waitlisted' THEN
        NEW.waitlist_position := NULL;
        NEW.waitlist_date := NULL;
    ELSIF TG_OP = 'INSERT' THEN
        PERFORM paws360.lock_sections(ARRAY[NEW.section_id]);
        NEW.waitlist_position := NULL;
        NEW.waitlist_date := COALESCE(NEW.waitlist_date, CURRENT_TIMESTAMP);
    ELSIF OLD.enrollment_status <> 'waitlisted' OR OLD.section_id <> NEW.section_id THEN
        PERFORM paws360.lock_sections(ARRAY[OLD.section_id, NEW.section_id]);
        NEW.waitlist_position := NULL;
        NEW.waitlist_date := CURRENT_TIMESTAMP;
    ELSE
        RETURN NEW;
    END IF;

    IF NEW.enrollment_status = 'waitlisted' THEN
        SELECT COALESCE(MAX(e.waitlist_position), 0) + 1 INTO NEW.waitlist_position
        FROM paws360.enrollments e
        WHERE e.section_id = NEW.section_id
          AND e.enrollment_status = 'waitlisted';
    END IF;

    RETURN NEW;
END;
$$ LANGUAGE plpgsql
SET search_path = paws360, pg_temp;

CREATE TRIGGER trigger_assign_waitlist_place
    BEFORE INSERT OR UPDATE ON paws360.enrollments
    FOR EACH ROW EXECUTE FUNCTION paws360.assign_waitlist_place();

-- After the statement, so that one which touches several sections locks them in key order.
CREATE FUNCTION paws360.handle_enrollment_changes()
RETURNS TRIGGER AS $$
DECLARE
    seats_taken UUID[];
    seats_freed UUID[];
    places_left UUID[];
    touched UUID;
BEGIN
    -- A row that holds the same seat or place before and after is no change: grades and positions pass by here.
    IF TG_OP = 'INSERT' THEN
        SELECT array_agg(DISTINCT n.section_id) INTO seats_taken
        FROM new_rows n WHERE n.enrollment_status = 'enrolled';
    ELSIF TG_OP = 'DELETE' THEN
        SELECT array_agg(DISTINCT o.section_id)
                   FILTER (WHERE o.enrollment_status IN ('enrolled', 'completed')),
               array_agg(DISTINCT o.section_id) FILTER (WHERE o.enrollment_status = 'waitlisted')
        INTO seats_freed, places_left
        FROM old_rows o;
    ELSE
        WITH held_before AS (
            SELECT o.enrollment_id, o.section_id, o.enrollment_status = 'waitlisted' AS waits
            FROM old_rows o WHERE o.enrollment_status IN ('enrolled', 'completed', 'waitlisted')
        ), held_after AS (
            SELECT n.enrollment_id, n.section_id, n.enrollment_status = 'waitlisted' AS waits
            FROM new_rows n WHERE n.enrollment_status IN ('enrolled', 'completed', 'waitlisted')
        ), gone AS (
            TABLE held_before EXCEPT TABLE held_after
        ), come AS (
            TABLE held_after EXCEPT TABLE held_before
        )
        SELECT ARRAY(
                   SELECT DISTINCT c.section_id
                   FROM come c
                   JOIN new_rows n ON n.enrollment_id = c.enrollment_id
                   WHERE n.enrollment_status = 'enrolled'
               ),
               ARRAY(SELECT DISTINCT g.section_id FROM gone g WHERE NOT g.waits),
               ARRAY(SELECT DISTINCT g.section_id FROM gone g WHERE g.waits)
        INTO seats_taken, seats_freed, places_left;
    END IF;

    seats_taken := COALESCE(seats_taken, '{}');
    seats_freed := COALESCE(seats_freed, '{}');
    places_left := COALESCE(places_left, '{}');

    IF cardinality(seats_taken || seats_freed || places_left) = 0 THEN
        RETURN NULL;
    END IF;

    PERFORM paws360.lock_sections(seats_taken || seats_freed || places_left);

    FOREACH touched IN ARRAY seats_taken LOOP
        IF paws360.free_seats(touched) < 0 THEN
            RAISE EXCEPTION 'Section is full'
                USING ERRCODE = 'check_violation',
                      DETAIL = format('Section %s has no free seat.', touched),
                      HINT = 'Use paws360.add_to_waitlist.';
        END IF;
    END LOOP;

    FOREACH touched IN ARRAY places_left LOOP
        PERFORM paws360.close_waitlist_gaps(touched);
    END LOOP;

    FOREACH touched IN ARRAY seats_freed LOOP
        LOOP
            EXIT WHEN paws360.promote_from_waitlist(touched) IS NULL;
        END LOOP;
    END LOOP;

    RETURN NULL;
END;
$$ LANGUAGE plpgsql
SET search_path = paws360, pg_temp;

-- One trigger per event: PostgreSQL gives transition tables to single-event triggers only.
CREATE TRIGGER trigger_handle_enrollment_changes
    AFTER UPDATE ON paws360.enrollments
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION paws360.handle_enrollment_changes();
CREATE TRIGGER trigger_handle_enrollment_changes_insert
    AFTER INSERT ON paws360.enrollments
    REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION paws360.handle_enrollment_changes();
CREATE TRIGGER trigger_handle_enrollment_changes_delete
    AFTER DELETE ON paws360.enrollments
    REFERENCING OLD TABLE AS old_rows
    FOR EACH STATEMENT EXECUTE FUNCTION paws360.handle_enrollment_changes();

CREATE FUNCTION paws360.handle_capacity_changes()
RETURNS TRIGGER AS $$
DECLARE
    touched UUID;
BEGIN
    FOR touched IN
        SELECT cs.section_id
        FROM paws360.course_sections cs
        WHERE CASE TG_TABLE_NAME
                  WHEN 'course_sections' THEN cs.section_id = (to_jsonb(NEW) ->> 'section_id')::UUID
                  ELSE cs.course_id = (to_jsonb(NEW) ->> 'course_id')::UUID AND cs.max_enrollment IS NULL
              END
        ORDER BY cs.section_id
    LOOP
        LOOP
            EXIT WHEN paws360.promote_from_waitlist(touched) IS NULL;
        END LOOP;
    END LOOP;

    RETURN NULL;
END;
$$ LANGUAGE plpgsql
SET search_path = paws360, pg_temp;

CREATE TRIGGER trigger_handle_capacity_changes AFTER UPDATE OF max_enrollment ON paws360.course_sections
    FOR EACH ROW WHEN (OLD.max_enrollment IS DISTINCT FROM NEW.max_enrollment)
    EXECUTE FUNCTION paws360.handle_capacity_changes();
CREATE TRIGGER trigger_handle_capacity_changes AFTER UPDATE OF max_enrollment ON paws360.courses
    FOR EACH ROW WHEN (OLD.max_enrollment < NEW.max_enrollment)
    EXECUTE FUNCTION paws360.handle_capacity_changes();

COMMENT ON COLUMN paws360.enrollments.enrollment_status IS
    'enrolled, completed, dropped, withdrawn or waitlisted';
COMMENT ON COLUMN paws360.enrollments.waitlist_position IS
    'Position in course waitlist (NULL if not waitlisted)';
COMMENT ON COLUMN paws360.enrollments.waitlist_date IS 'Date added to waitlist';
COMMENT ON FUNCTION paws360.add_to_waitlist(UUID, UUID) IS 'Add student to course section waitlist';
COMMENT ON FUNCTION paws360.promote_from_waitlist(UUID) IS
    'Promote next student from waitlist to enrolled; NULL if no seat is free or nobody can take it';
COMMENT ON FUNCTION paws360.leave_section(UUID, UUID, VARCHAR) IS
    'Drop or withdraw a student who is enrolled or waitlisted';
COMMENT ON FUNCTION paws360.lock_sections(UUID[]) IS 'Lock sections in key order';
COMMENT ON FUNCTION paws360.free_seats(UUID) IS 'Capacity of a section less the seats held; under its lock';
COMMENT ON FUNCTION paws360.close_waitlist_gaps(UUID) IS 'Number a waitlist 1..n again; under the section''s lock';
COMMENT ON FUNCTION paws360.assign_waitlist_place() IS 'Trigger function that gives and clears waitlist places';
COMMENT ON FUNCTION paws360.handle_enrollment_changes() IS
    'Trigger function that keeps capacity and waitlist when enrollments change';
COMMENT ON FUNCTION paws360.handle_capacity_changes() IS
    'Trigger function that promotes when a capacity is raised';

COMMIT;
