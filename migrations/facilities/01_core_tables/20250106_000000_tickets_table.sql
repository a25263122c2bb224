-- Migration: tickets_table
-- Description: What is broken, who works on it, and each state it has been in
-- Author: Facilities database team
-- Date: 2025-01-06
-- Epic: EPIC-001
-- Story: STORY-007

-- ============================================
-- MIGRATION UP
-- ============================================

BEGIN;

-- Step 1: Tickets

CREATE TABLE facilities.tickets (
    id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
    ticket_number BIGINT GENERATED ALWAYS AS IDENTITY CONSTRAINT tickets_number_key UNIQUE,
    room_id UUID NOT NULL
        CONSTRAINT tickets_room_id_fkey REFERENCES facilities.rooms (id),
    reporter_id UUID NOT NULL
        CONSTRAINT tickets_reporter_id_fkey REFERENCES facilities.profiles (id),
    assignee_id UUID
        CONSTRAINT tickets_assignee_id_fkey REFERENCES facilities.profiles (id),
    title TEXT NOT NULL,
    description TEXT NOT NULL DEFAULT '',
    priority TEXT NOT NULL DEFAULT 'normal',
    status TEXT NOT NULL DEFAULT 'open',
    created_at TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT CURRENT_TIMESTAMP,
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT tickets_priority_check CHECK (priority IN ('low', 'normal', 'high', 'urgent')),
    CONSTRAINT tickets_status_check
        CHECK (status IN ('open', 'assigned', 'in_progress', 'on_hold', 'resolved', 'closed', 'cancelled')),
    CONSTRAINT tickets_assignee_check
        CHECK (status NOT IN ('assigned', 'in_progress', 'on_hold', 'resolved') OR assignee_id IS NOT NULL)
);

CREATE INDEX tickets_room_id_idx ON facilities.tickets (room_id);
CREATE INDEX tickets_reporter_id_idx ON facilities.tickets (reporter_id);
CREATE INDEX tickets_assignee_id_idx ON facilities.tickets (assignee_id);

-- Step 2: Which state follows which. A ticket begins open; closed and cancelled are the end; its reporter stays.

CREATE FUNCTION facilities.check_ticket()
RETURNS TRIGGER AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.status <> 'open' THEN
            RAISE EXCEPTION 'A ticket begins open, not %', NEW.status USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF NEW.status <> OLD.status AND (OLD.status, NEW.status) NOT IN (
        ('open', 'assigned'), ('open', 'cancelled'),
        ('assigned', 'open'), ('assigned', 'in_progress'), ('assigned', 'cancelled'),
        ('in_progress', 'on_hold'), ('in_progress', 'resolved'), ('in_progress', 'cancelled'),
        ('on_hold', 'in_progress'), ('on_hold', 'cancelled'),
        ('resolved', 'in_progress'), ('resolved', 'closed')
    ) THEN
        RAISE EXCEPTION 'A ticket that is % cannot become %', OLD.status, NEW.status
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END;
$$ LANGUAGE plpgsql
SET search_path = facilities, pg_temp;

-- Step 3: The history, written by a trigger alone

CREATE TABLE facilities.ticket_history (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    ticket_id UUID NOT NULL
        CONSTRAINT ticket_history_ticket_id_fkey REFERENCES facilities.tickets (id) ON DELETE CASCADE,
    from_status TEXT,
    to_status TEXT NOT NULL,
    assignee_id UUID,
    changed_by UUID,
    changed_at TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT clock_timestamp()
);

CREATE INDEX ticket_history_ticket_id_idx ON facilities.ticket_history (ticket_id, id);

-- SECURITY DEFINER: who changes a ticket needs no right to write its history.
CREATE FUNCTION facilities.record_ticket_history()
RETURNS TRIGGER AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND NEW.status = OLD.status AND NEW.assignee_id IS NOT DISTINCT FROM OLD.assignee_id THEN
        RETURN NULL;
    END IF;
    INSERT INTO facilities.ticket_history (ticket_id, from_status, to_status, assignee_id, changed_by)
    VALUES (
        NEW.id,
        CASE WHEN TG_OP = 'UPDATE' THEN OLD.status END,
        NEW.status,
        NEW.assignee_id,
        facilities.current_user_id()
    );
    RETURN NULL;
END;
$$ LANGUAGE plpgsql SECURITY DEFINER
SET search_path = facilities, pg_temp;

CREATE TRIGGER trigger_check_ticket BEFORE INSERT OR UPDATE ON facilities.tickets
    FOR EACH ROW EXECUTE FUNCTION facilities.check_ticket();
CREATE TRIGGER trigger_keep_columns BEFORE UPDATE ON facilities.tickets
    FOR EACH ROW EXECUTE FUNCTION facilities.keep_columns('id', 'reporter_id', 'created_at');
CREATE TRIGGER trigger_set_updated_at BEFORE UPDATE ON facilities.tickets
    FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION facilities.set_updated_at();
CREATE TRIGGER trigger_record_ticket_history AFTER INSERT OR UPDATE ON facilities.tickets
    FOR EACH ROW EXECUTE FUNCTION facilities.record_ticket_history();

-- Asked when a trigger is made: nobody else hangs it on a table of their own, and so makes up a history.
REVOKE EXECUTE ON FUNCTION facilities.record_ticket_history() FROM PUBLIC;

COMMENT ON TABLE facilities.tickets IS 'What is broken, and who works on it';
COMMENT ON COLUMN facilities.tickets.assignee_id IS 'Who works on it; NULL while nobody does';
COMMENT ON TABLE facilities.ticket_history IS 'Each state of a ticket, and each who worked on it';
COMMENT ON COLUMN facilities.ticket_history.from_status IS 'NULL for the first entry of a ticket';
COMMENT ON COLUMN facilities.ticket_history.changed_by IS 'Who changed it; NULL where no app.user_id was set';
COMMENT ON FUNCTION facilities.check_ticket() IS 'Trigger function: which state follows which';
COMMENT ON FUNCTION facilities.record_ticket_history() IS 'Trigger function that writes a ticket''s history';

-- Verification
DO $$
BEGIN
    IF to_regclass('facilities.tickets') IS NULL OR to_regclass('facilities.ticket_history') IS NULL THEN
        RAISE EXCEPTION 'Migration failed: facilities.tickets or facilities.ticket_history not created';
    END IF;
END $$;

COMMIT;

-- ============================================
-- MIGRATION DOWN (Rollback)
-- ============================================

-- In rollback/20250106_000000_tickets_table_rollback.sql.

-- ============================================
-- NOTES
-- ============================================
-- Dependencies: 20250105_000000_keys_tables
-- Breaking Changes: No
-- Data Migration: No
-- Estimated Duration: 1 second
