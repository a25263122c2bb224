-- Migration: rooms_table
-- Description: Rooms
-- Author: Facilities database team
-- Date: 2025-01-02
-- Epic: EPIC-001
-- Story: STORY-007

-- ============================================
-- MIGRATION UP
-- ============================================

BEGIN;

-- Step 1: Rooms, each on a floor of its own building

CREATE TABLE facilities.rooms (
    id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
    building_id UUID NOT NULL,
    floor_id UUID NOT NULL,
    room_number TEXT NOT NULL,
    room_type TEXT NOT NULL
        CONSTRAINT rooms_room_type_fkey REFERENCES facilities.room_types (code),
    capacity INTEGER NOT NULL,
    status TEXT NOT NULL DEFAULT 'available',
    created_at TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT CURRENT_TIMESTAMP,
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT rooms_floor_id_building_id_fkey FOREIGN KEY (floor_id, building_id)
        REFERENCES facilities.floors (id, building_id),
    CONSTRAINT rooms_number_key UNIQUE (building_id, room_number),
    CONSTRAINT rooms_capacity_check CHECK (capacity >= 0),
    CONSTRAINT rooms_status_check CHECK (status IN ('available', 'maintenance', 'closed'))
);

CREATE INDEX rooms_floor_id_building_id_idx ON facilities.rooms (floor_id, building_id);
CREATE INDEX rooms_room_type_idx ON facilities.rooms (room_type);

CREATE TRIGGER trigger_set_updated_at BEFORE UPDATE ON facilities.rooms
    FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION facilities.set_updated_at();

COMMENT ON TABLE facilities.rooms IS 'Rooms';
COMMENT ON COLUMN facilities.rooms.room_number IS 'As on the door; unique in its building';
COMMENT ON COLUMN facilities.rooms.capacity IS 'How many people may be in it, however it is laid out';
COMMENT ON COLUMN facilities.rooms.status IS 'available, maintenance or closed';

-- Verification
DO $$
BEGIN
    IF to_regclass('facilities.rooms') IS NULL THEN
        RAISE EXCEPTION 'Migration failed: facilities.rooms not created';
    END IF;
END $$;

COMMIT;

-- ============================================
-- MIGRATION DOWN (Rollback)
-- ============================================

/*
BEGIN;

-- Every room is lost.

-- Reverse Step 1
DROP TABLE facilities.rooms;

COMMIT;
*/

-- ============================================
-- NOTES
-- ============================================
-- Dependencies: 20250101_000000_initial_schema
-- Breaking Changes: No
-- Data Migration: No
-- Estimated Duration: 1 second
