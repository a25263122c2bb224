-- Migration: capacities_table
-- Description: How many people a room takes in each layout; bookings are held to it
-- Author: Facilities database team
-- Date: 2025-01-04
-- Epic: EPIC-001
-- Story: STORY-007

-- ============================================
-- MIGRATION UP
-- ============================================

BEGIN;

-- Step 1: Capacities by layout, never above the room's own

CREATE TABLE facilities.capacities (
    room_id UUID NOT NULL
        CONSTRAINT capacities_room_id_fkey REFERENCES facilities.rooms (id) ON DELETE CASCADE,
    layout TEXT NOT NULL,
    capacity INTEGER NOT NULL,

    PRIMARY KEY (room_id, layout),
    CONSTRAINT capacities_layout_check
        CHECK (layout IN ('theatre', 'classroom', 'boardroom', 'courtroom', 'standing')),
    CONSTRAINT capacities_capacity_check CHECK (capacity >= 0)
);

-- Step 2: What a booking needs

ALTER TABLE facilities.schedules
    ADD COLUMN attendees INTEGER NOT NULL DEFAULT 0,
    ADD COLUMN layout TEXT,
    ADD CONSTRAINT schedules_attendees_check CHECK (attendees >= 0),
    ADD CONSTRAINT schedules_room_id_layout_fkey FOREIGN KEY (room_id, layout)
        REFERENCES facilities.capacities (room_id, layout);

CREATE INDEX schedules_room_id_layout_idx ON facilities.schedules (room_id, layout);

-- Step 3: The rules. Each locks the room first, so that a booking and a smaller capacity that come at once do not
-- miss each other; in REPEATABLE READ an old snapshot would still miss the booking, so capacities do not change there.
-- SECURITY DEFINER, for who books a room may not lock it.

CREATE FUNCTION facilities.check_schedule_capacity()
RETURNS TRIGGER AS $$
DECLARE
    room_limit INTEGER;
    layout_limit INTEGER;
BEGIN
    IF NEW.status <> 'booked' THEN
        RETURN NEW;
    END IF;
    SELECT r.capacity INTO room_limit FROM facilities.rooms r WHERE r.id = NEW.room_id FOR SHARE;
    SELECT c.capacity INTO layout_limit
    FROM facilities.capacities c WHERE c.room_id = NEW.room_id AND c.layout = NEW.layout FOR SHARE;
    IF NEW.attendees > COALESCE(layout_limit, room_limit) THEN
        RAISE EXCEPTION '% people, but the room takes %', NEW.attendees, COALESCE(layout_limit, room_limit)
            USING ERRCODE = 'check_violation', CONSTRAINT = 'schedules_capacity';
    END IF;
    RETURN NEW;
END;
$$ LANGUAGE plpgsql SECURITY DEFINER
SET search_path = facilities, pg_temp;

CREATE FUNCTION facilities.check_capacity()
RETURNS TRIGGER AS $$
DECLARE
    room_limit INTEGER;
    booked INTEGER;
BEGIN
    IF current_setting('transaction_isolation') = 'repeatable read' THEN
        RAISE EXCEPTION 'Capacities do not change in REPEATABLE READ' USING ERRCODE = 'feature_not_supported';
    END IF;
    SELECT r.capacity INTO room_limit FROM facilities.rooms r WHERE r.id = NEW.room_id FOR SHARE;
    IF NEW.capacity > room_limit THEN
        RAISE EXCEPTION 'The layout takes %, but the room takes %', NEW.capacity, room_limit
            USING ERRCODE = 'check_violation', CONSTRAINT = 'capacities_room_capacity';
    END IF;
    SELECT max(s.attendees) INTO booked FROM facilities.schedules s
    WHERE s.room_id = NEW.room_id AND s.layout = NEW.layout
      AND s.status = 'booked' AND s.ends_at > CURRENT_TIMESTAMP;
    IF booked > NEW.capacity THEN
        RAISE EXCEPTION 'The layout is booked for % people', booked
            USING ERRCODE = 'check_violation', CONSTRAINT = 'schedules_capacity';
    END IF;
    RETURN NEW;
END;
$$ LANGUAGE plpgsql SECURITY DEFINER
SET search_path = facilities, pg_temp;

CREATE FUNCTION facilities.check_room_capacity()
RETURNS TRIGGER AS $$
DECLARE
    wanted INTEGER;
BEGIN
    IF current_setting('transaction_isolation') = 'repeatable read' THEN
        RAISE EXCEPTION 'Capacities do not change in REPEATABLE READ' USING ERRCODE = 'feature_not_supported';
    END IF;
    SELECT max(c.capacity) INTO wanted FROM facilities.capacities c WHERE c.room_id = NEW.id;
    IF wanted > NEW.capacity THEN
        RAISE EXCEPTION 'A layout of the room takes %', wanted
            USING ERRCODE = 'check_violation', CONSTRAINT = 'capacities_room_capacity';
    END IF;
    SELECT max(s.attendees) INTO wanted FROM facilities.schedules s
    WHERE s.room_id = NEW.id AND s.status = 'booked' AND s.ends_at > CURRENT_TIMESTAMP;
    IF wanted > NEW.capacity THEN
        RAISE EXCEPTION 'The room is booked for % people', wanted
            USING ERRCODE = 'check_violation', CONSTRAINT = 'schedules_capacity';
    END IF;
    RETURN NEW;
END;
$$ LANGUAGE plpgsql SECURITY DEFINER
SET search_path = facilities, pg_temp;

CREATE TRIGGER trigger_check_schedule_capacity
    BEFORE INSERT OR UPDATE OF room_id, layout, attendees, status ON facilities.schedules
    FOR EACH ROW EXECUTE FUNCTION facilities.check_schedule_capacity();
CREATE TRIGGER trigger_check_capacity BEFORE INSERT OR UPDATE ON facilities.capacities
    FOR EACH ROW EXECUTE FUNCTION facilities.check_capacity();
CREATE TRIGGER trigger_check_room_capacity BEFORE UPDATE OF capacity ON facilities.rooms
    FOR EACH ROW EXECUTE FUNCTION facilities.check_room_capacity();

-- Asked when a trigger is made: nobody else hangs them on a table of their own, to lock and read as the owner.
REVOKE EXECUTE ON FUNCTION
    facilities.check_schedule_capacity(), facilities.check_capacity(), facilities.check_room_capacity()
FROM PUBLIC;

COMMENT ON TABLE facilities.capacities IS 'How many people a room takes in a layout';
COMMENT ON COLUMN facilities.schedules.attendees IS 'How many people are expected; 0 while unknown';
COMMENT ON COLUMN facilities.schedules.layout IS 'How the room is to be laid out; NULL for as it is';
COMMENT ON FUNCTION facilities.check_schedule_capacity() IS 'Trigger function: no more people than the room takes';
COMMENT ON FUNCTION facilities.check_capacity() IS
    'Trigger function: a layout takes no more than its room, and no less than what is booked';
COMMENT ON FUNCTION facilities.check_room_capacity() IS
    'Trigger function: a room takes no less than its layouts and what is booked';

-- Verification
DO $$
BEGIN
    IF to_regclass('facilities.capacities') IS NULL THEN
        RAISE EXCEPTION 'Migration failed: facilities.capacities not created';
    END IF;
    IF NOT EXISTS (
        SELECT 1 FROM pg_attribute
        WHERE attrelid = to_regclass('facilities.schedules') AND attname = 'attendees' AND NOT attisdropped
    ) THEN
        RAISE EXCEPTION 'Migration failed: facilities.schedules has no attendees';
    END IF;
END $$;

COMMIT;

-- ============================================
-- MIGRATION DOWN (Rollback)
-- ============================================

/*
BEGIN;

-- Every capacity is lost, and of the bookings the number of people and the layout.

-- Reverse Step 3
DROP TRIGGER trigger_check_room_capacity ON facilities.rooms;
DROP TRIGGER trigger_check_capacity ON facilities.capacities;
DROP TRIGGER trigger_check_schedule_capacity ON facilities.schedules;
DROP FUNCTION facilities.check_room_capacity();
DROP FUNCTION facilities.check_capacity();
DROP FUNCTION facilities.check_schedule_capacity();

-- Reverse Step 2
DROP INDEX facilities.schedules_room_id_layout_idx;
ALTER TABLE facilities.schedules
    DROP CONSTRAINT schedules_room_id_layout_fkey,
    DROP CONSTRAINT schedules_attendees_check,
    DROP COLUMN layout,
    DROP COLUMN attendees;

-- Reverse Step 1
DROP TABLE facilities.capacities;

COMMIT;
*/

-- ============================================
-- NOTES
-- ============================================
-- Dependencies: 20250103_000000_schedules_table
-- Breaking Changes: No
-- Data Migration: No
-- Estimated Duration: 1 second
