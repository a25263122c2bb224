-- Migration: schedules_table
-- Description: Who has which room when; two bookings of one room never overlap
-- Author: Facilities database team
-- Date: 2025-01-03
-- Epic: EPIC-001
-- Story: STORY-007

-- ============================================
-- MIGRATION UP
-- ============================================

BEGIN;

-- Step 1: A range of ids, for the exclusion below. GiST has no equality on UUID of its own; the extension btree_gist
-- brings one, but whoever migrates may not be allowed to install it, and a rollback could not tell whether others
-- use it. A range of one id overlaps another exactly when the ids are equal.

CREATE TYPE facilities.uuid_range AS RANGE (SUBTYPE = UUID);

-- Step 2: Schedules. The end is not part of the booking: one may begin when another ends.

CREATE TABLE facilities.schedules (
    id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
    room_id UUID NOT NULL
        CONSTRAINT schedules_room_id_fkey REFERENCES facilities.rooms (id),
    booked_by UUID NOT NULL
        CONSTRAINT schedules_booked_by_fkey REFERENCES facilities.profiles (id),
    title TEXT NOT NULL,
    starts_at TIMESTAMP WITH TIME ZONE NOT NULL,
    ends_at TIMESTAMP WITH TIME ZONE NOT NULL,
    status TEXT NOT NULL DEFAULT 'booked',
    created_at TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT CURRENT_TIMESTAMP,
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT schedules_times_check
        CHECK (ends_at > starts_at AND isfinite(starts_at) AND isfinite(ends_at)),
    CONSTRAINT schedules_status_check CHECK (status IN ('booked', 'cancelled')),
    CONSTRAINT schedules_no_overlap EXCLUDE USING gist (
        facilities.uuid_range(room_id, room_id, '[]') WITH &&,
        tstzrange(starts_at, ends_at) WITH &&
    ) WHERE (status = 'booked')
);

CREATE INDEX schedules_room_id_starts_at_idx ON facilities.schedules (room_id, starts_at);
CREATE INDEX schedules_booked_by_idx ON facilities.schedules (booked_by);

CREATE TRIGGER trigger_set_updated_at BEFORE UPDATE ON facilities.schedules
    FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION facilities.set_updated_at();

COMMENT ON TYPE facilities.uuid_range IS 'A range of UUIDs; of one id it stands for equality in a GiST index';
COMMENT ON TABLE facilities.schedules IS 'Bookings of rooms';
COMMENT ON COLUMN facilities.schedules.ends_at IS 'Not part of the booking';
COMMENT ON COLUMN facilities.schedules.status IS 'booked, or cancelled: then the room is free';

-- Verification
DO $$
BEGIN
    IF NOT EXISTS (
        SELECT 1 FROM pg_constraint
        WHERE conrelid = to_regclass('facilities.schedules') AND conname = 'schedules_no_overlap' AND contype = 'x'
    ) THEN
        RAISE EXCEPTION 'Migration failed: nothing keeps bookings of facilities.schedules apart';
    END IF;
END $$;

COMMIT;

-- ============================================
-- MIGRATION DOWN (Rollback)
-- ============================================

/*
BEGIN;

-- Every booking is lost.

-- Reverse Step 2
DROP TABLE facilities.schedules;

-- Reverse Step 1
DROP TYPE facilities.uuid_range;

COMMIT;
*/

-- ============================================
-- NOTES
-- ============================================
-- Dependencies: 20250102_000000_rooms_table
-- Breaking Changes: No
-- Data Migration: No
-- Estimated Duration: 1 second
