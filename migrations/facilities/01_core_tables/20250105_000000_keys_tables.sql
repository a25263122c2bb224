-- Migration: keys_tables
-- Description: Keys, who asks for one, who holds one, and which are ordered
-- Author: Facilities database team
-- Date: 2025-01-05
-- Epic: EPIC-001
-- Story: STORY-007

-- ============================================
-- MIGRATION UP
-- ============================================

BEGIN;

-- Step 1: Keys. Each row is one piece of metal, which one person holds at a time.

CREATE TYPE facilities.key_type_enum AS ENUM ('room', 'floor', 'building', 'master');
CREATE TYPE facilities.access_level_enum AS ENUM ('standard', 'restricted', 'high_security');

CREATE TABLE facilities.keys (
    id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
    key_code TEXT NOT NULL CONSTRAINT keys_key_code_key UNIQUE,
    key_type facilities.key_type_enum NOT NULL,
    access_level facilities.access_level_enum NOT NULL DEFAULT 'standard',
    building_id UUID NOT NULL
        CONSTRAINT keys_building_id_fkey REFERENCES facilities.buildings (id),
    room_id UUID
        CONSTRAINT keys_room_id_fkey REFERENCES facilities.rooms (id),
    status TEXT NOT NULL DEFAULT 'in_service',

    CONSTRAINT keys_room_check CHECK ((key_type = 'room') = (room_id IS NOT NULL)),
    CONSTRAINT keys_status_check CHECK (status IN ('in_service', 'lost', 'retired'))
);

CREATE INDEX keys_building_id_idx ON facilities.keys (building_id);
CREATE INDEX keys_room_id_idx ON facilities.keys (room_id);

-- Step 2: Requests, decided by somebody else than who asks. What was asked, and by whom, stays.

CREATE FUNCTION facilities.keep_columns()
RETURNS TRIGGER AS $$
DECLARE
    kept TEXT;
BEGIN
    FOREACH kept IN ARRAY TG_ARGV LOOP
        IF to_jsonb(OLD) -> kept IS DISTINCT FROM to_jsonb(NEW) -> kept THEN
            RAISE EXCEPTION '%.% does not change', TG_TABLE_NAME, kept USING ERRCODE = 'check_violation';
        END IF;
    END LOOP;
    RETURN NEW;
END;
$$ LANGUAGE plpgsql
SET search_path = facilities, pg_temp;

CREATE TABLE facilities.key_requests (
    id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
    requester_id UUID NOT NULL
        CONSTRAINT key_requests_requester_id_fkey REFERENCES facilities.profiles (id),
    room_id UUID NOT NULL
        CONSTRAINT key_requests_room_id_fkey REFERENCES facilities.rooms (id),
    reason TEXT NOT NULL,
    status TEXT NOT NULL DEFAULT 'requested',
    decided_by UUID
        CONSTRAINT key_requests_decided_by_fkey REFERENCES facilities.profiles (id),
    decided_at TIMESTAMP WITH TIME ZONE,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT key_requests_status_check
        CHECK (status IN ('requested', 'approved', 'refused', 'cancelled')),
    CONSTRAINT key_requests_decided_check CHECK (
        (decided_by IS NOT NULL) = (status IN ('approved', 'refused'))
        AND (decided_at IS NOT NULL) = (decided_by IS NOT NULL)
    ),
    CONSTRAINT key_requests_not_own_check CHECK (decided_by <> requester_id)
);

CREATE INDEX key_requests_requester_id_idx ON facilities.key_requests (requester_id);
CREATE INDEX key_requests_room_id_idx ON facilities.key_requests (room_id);
CREATE INDEX key_requests_decided_by_idx ON facilities.key_requests (decided_by);

CREATE TRIGGER trigger_keep_columns BEFORE UPDATE ON facilities.key_requests
    FOR EACH ROW EXECUTE FUNCTION facilities.keep_columns('id', 'requester_id', 'room_id', 'reason', 'created_at');

-- Step 3: Assignments: a key in somebody's hands, and back. Which key, whose hands and from whom stays.

CREATE TABLE facilities.key_assignments (
    id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
    key_id UUID NOT NULL
        CONSTRAINT key_assignments_key_id_fkey REFERENCES facilities.keys (id),
    holder_id UUID NOT NULL
        CONSTRAINT key_assignments_holder_id_fkey REFERENCES facilities.profiles (id),
    issued_by UUID NOT NULL
        CONSTRAINT key_assignments_issued_by_fkey REFERENCES facilities.profiles (id),
    request_id UUID
        CONSTRAINT key_assignments_request_id_fkey REFERENCES facilities.key_requests (id),
    issued_at TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT CURRENT_TIMESTAMP,
    due_at TIMESTAMP WITH TIME ZONE,
    returned_at TIMESTAMP WITH TIME ZONE,

    CONSTRAINT key_assignments_due_check CHECK (due_at > issued_at),
    CONSTRAINT key_assignments_returned_check CHECK (returned_at >= issued_at),
    CONSTRAINT key_assignments_not_own_check CHECK (issued_by <> holder_id)
);

CREATE UNIQUE INDEX key_assignments_open_key ON facilities.key_assignments (key_id)
WHERE returned_at IS NULL;
CREATE INDEX key_assignments_key_id_idx ON facilities.key_assignments (key_id);
CREATE INDEX key_assignments_holder_id_idx ON facilities.key_assignments (holder_id);
CREATE INDEX key_assignments_issued_by_idx ON facilities.key_assignments (issued_by);
CREATE INDEX key_assignments_request_id_idx ON facilities.key_assignments (request_id);

CREATE TRIGGER trigger_keep_columns BEFORE UPDATE ON facilities.key_assignments
    FOR EACH ROW EXECUTE FUNCTION
    facilities.keep_columns('id', 'key_id', 'holder_id', 'issued_by', 'request_id', 'issued_at');

-- SECURITY DEFINER: the key is locked, so that none is issued while it is reported lost.
CREATE FUNCTION facilities.check_key_issue()
RETURNS TRIGGER AS $$
DECLARE
    state TEXT;
BEGIN
    SELECT k.status INTO state FROM facilities.keys k WHERE k.id = NEW.key_id FOR SHARE;
    IF state <> 'in_service' THEN
        RAISE EXCEPTION 'A key that is % cannot be issued', state
            USING ERRCODE = 'check_violation', CONSTRAINT = 'key_assignments_in_service';
    END IF;
    RETURN NEW;
END;
$$ LANGUAGE plpgsql SECURITY DEFINER
SET search_path = facilities, pg_temp;

CREATE TRIGGER trigger_check_key_issue BEFORE INSERT ON facilities.key_assignments
    FOR EACH ROW EXECUTE FUNCTION facilities.check_key_issue();

-- Asked when a trigger is made: nobody else hangs it on a table of their own.
REVOKE EXECUTE ON FUNCTION facilities.check_key_issue() FROM PUBLIC;

-- Step 4: Orders of new keys

CREATE TABLE facilities.key_orders (
    id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
    building_id UUID NOT NULL
        CONSTRAINT key_orders_building_id_fkey REFERENCES facilities.buildings (id),
    room_id UUID
        CONSTRAINT key_orders_room_id_fkey REFERENCES facilities.rooms (id),
    key_type facilities.key_type_enum NOT NULL,
    quantity INTEGER NOT NULL,
    ordered_by UUID NOT NULL
        CONSTRAINT key_orders_ordered_by_fkey REFERENCES facilities.profiles (id),
    status TEXT NOT NULL DEFAULT 'ordered',
    ordered_at TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT CURRENT_TIMESTAMP,
    received_at TIMESTAMP WITH TIME ZONE,

    CONSTRAINT key_orders_quantity_check CHECK (quantity > 0),
    CONSTRAINT key_orders_room_check CHECK ((key_type = 'room') = (room_id IS NOT NULL)),
    CONSTRAINT key_orders_status_check CHECK (status IN ('ordered', 'received', 'cancelled')),
    CONSTRAINT key_orders_received_check CHECK ((status = 'received') = (received_at IS NOT NULL))
);

CREATE INDEX key_orders_building_id_idx ON facilities.key_orders (building_id);
CREATE INDEX key_orders_room_id_idx ON facilities.key_orders (room_id);
CREATE INDEX key_orders_ordered_by_idx ON facilities.key_orders (ordered_by);

COMMENT ON TYPE facilities.key_type_enum IS 'What a key opens';
COMMENT ON TYPE facilities.access_level_enum IS 'How closely a key is guarded';
COMMENT ON TABLE facilities.keys IS 'Keys, one row for each piece';
COMMENT ON COLUMN facilities.keys.room_id IS 'The room of a room''s key; NULL for the other types';
COMMENT ON COLUMN facilities.keys.status IS 'in_service, lost or retired';
COMMENT ON TABLE facilities.key_requests IS 'Who asks for the key of a room, and what came of it';
COMMENT ON COLUMN facilities.key_requests.decided_by IS 'Who approved or refused it; NULL while nobody has';
COMMENT ON TABLE facilities.key_assignments IS 'Who holds or held a key';
COMMENT ON COLUMN facilities.key_assignments.request_id IS 'The request that led to it; NULL without one';
COMMENT ON COLUMN facilities.key_assignments.due_at IS 'When it has to be back; NULL for as long as needed';
COMMENT ON COLUMN facilities.key_assignments.returned_at IS 'NULL while the key is out';
COMMENT ON TABLE facilities.key_orders IS 'Keys ordered from the locksmith';
COMMENT ON COLUMN facilities.key_orders.room_id IS 'The room of a room''s key; NULL for the other types';
COMMENT ON FUNCTION facilities.keep_columns() IS 'Trigger function: the columns that it is given do not change';
COMMENT ON FUNCTION facilities.check_key_issue() IS 'Trigger function: only a key in service is issued';

-- Verification
DO $$
BEGIN
    IF to_regclass('facilities.keys') IS NULL OR to_regclass('facilities.key_requests') IS NULL
       OR to_regclass('facilities.key_assignments') IS NULL OR to_regclass('facilities.key_orders') IS NULL THEN
        RAISE EXCEPTION 'Migration failed: a table of keys was not created in facilities';
    END IF;
END $$;

COMMIT;

-- ============================================
-- MIGRATION DOWN (Rollback)
-- ============================================

-- In rollback/20250105_000000_keys_tables_rollback.sql.

-- ============================================
-- NOTES
-- ============================================
-- Dependencies: 20250102_000000_rooms_table
-- Breaking Changes: No
-- Data Migration: No
-- Estimated Duration: 1 second
