-- Migration: audit_log
-- Description: One log of every change of a row: who, when, the row before and after
-- Author: Facilities database team
-- Date: 2025-01-07
-- Epic: EPIC-001
-- Story: STORY-007

-- ============================================
-- MIGRATION UP
-- ============================================

BEGIN;

-- Step 1: The log. It is append-only: UPDATE, DELETE and TRUNCATE are refused, whatever the session's replication role.

CREATE TABLE facilities.audit_log (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    table_name TEXT NOT NULL,
    operation TEXT NOT NULL,
    old_row JSONB,
    new_row JSONB,
    user_id TEXT,
    changed_by TEXT NOT NULL,
    changed_at TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT clock_timestamp(),
    transaction_id BIGINT NOT NULL,

    CONSTRAINT audit_log_operation_check CHECK (operation IN ('INSERT', 'UPDATE', 'DELETE', 'TRUNCATE')),
    CONSTRAINT audit_log_rows_check CHECK (
        (old_row IS NOT NULL) = (operation IN ('UPDATE', 'DELETE'))
        AND (new_row IS NOT NULL) = (operation IN ('INSERT', 'UPDATE'))
    )
);

CREATE INDEX audit_log_table_name_changed_at_idx ON facilities.audit_log (table_name, changed_at);

CREATE FUNCTION facilities.refuse_audit_change()
RETURNS TRIGGER AS $$
BEGIN
    RAISE EXCEPTION 'The audit log is append-only: % refused', TG_OP
        USING ERRCODE = 'insufficient_privilege';
END;
$$ LANGUAGE plpgsql
SET search_path = facilities, pg_temp;

CREATE TRIGGER trigger_audit_append_only
    BEFORE UPDATE OR DELETE OR TRUNCATE ON facilities.audit_log
    FOR EACH STATEMENT EXECUTE FUNCTION facilities.refuse_audit_change();
ALTER TABLE facilities.audit_log ENABLE ALWAYS TRIGGER trigger_audit_append_only;

-- Step 2: What writes it. SECURITY DEFINER: who may change a table needs no right on the log. The role is therefore
-- the session's, or the one that it has set; current_user would always be the owner.

CREATE FUNCTION facilities.record_audit()
RETURNS TRIGGER AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD IS NOT DISTINCT FROM NEW THEN
        RETURN NULL;
    END IF;
    INSERT INTO facilities.audit_log (
        table_name, operation, old_row, new_row, user_id, changed_by, transaction_id
    ) VALUES (
        TG_TABLE_NAME,
        TG_OP,
        CASE WHEN TG_OP IN ('UPDATE', 'DELETE') THEN to_jsonb(OLD) END,
        CASE WHEN TG_OP IN ('INSERT', 'UPDATE') THEN to_jsonb(NEW) END,
        NULLIF(current_setting('app.user_id', true), ''),
        COALESCE(NULLIF(current_setting('role'), 'none'), session_user),
        pg_current_xact_id()::TEXT::BIGINT
    );
    RETURN NULL;
END;
$$ LANGUAGE plpgsql SECURITY DEFINER
SET search_path = facilities, pg_temp;

-- Asked when a trigger is made: nobody else hangs it on a table of their own, and so makes up entries.
REVOKE EXECUTE ON FUNCTION facilities.record_audit() FROM PUBLIC;

-- Step 3: On every table

CREATE TRIGGER trigger_audit AFTER INSERT OR UPDATE OR DELETE ON facilities.roles
    FOR EACH ROW EXECUTE FUNCTION facilities.record_audit();
CREATE TRIGGER trigger_audit_truncate AFTER TRUNCATE ON facilities.roles
    FOR EACH STATEMENT EXECUTE FUNCTION facilities.record_audit();
CREATE TRIGGER trigger_audit AFTER INSERT OR UPDATE OR DELETE ON facilities.profiles
    FOR EACH ROW EXECUTE FUNCTION facilities.record_audit();
CREATE TRIGGER trigger_audit_truncate AFTER TRUNCATE ON facilities.profiles
    FOR EACH STATEMENT EXECUTE FUNCTION facilities.record_audit();
CREATE TRIGGER trigger_audit AFTER INSERT OR UPDATE OR DELETE ON facilities.user_roles
    FOR EACH ROW EXECUTE FUNCTION facilities.record_audit();
CREATE TRIGGER trigger_audit_truncate AFTER TRUNCATE ON facilities.user_roles
    FOR EACH STATEMENT EXECUTE FUNCTION facilities.record_audit();
CREATE TRIGGER trigger_audit AFTER INSERT OR UPDATE OR DELETE ON facilities.building_types
    FOR EACH ROW EXECUTE FUNCTION facilities.record_audit();
CREATE TRIGGER trigger_audit_truncate AFTER TRUNCATE ON facilities.building_types
    FOR EACH STATEMENT EXECUTE FUNCTION facilities.record_audit();
CREATE TRIGGER trigger_audit AFTER INSERT OR UPDATE OR DELETE ON facilities.room_types
    FOR EACH ROW EXECUTE FUNCTION facilities.record_audit();
CREATE TRIGGER trigger_audit_truncate AFTER TRUNCATE ON facilities.room_types
    FOR EACH STATEMENT EXECUTE FUNCTION facilities.record_audit();
CREATE TRIGGER trigger_audit AFTER INSERT OR UPDATE OR DELETE ON facilities.buildings
    FOR EACH ROW EXECUTE FUNCTION facilities.record_audit();
CREATE TRIGGER trigger_audit_truncate AFTER TRUNCATE ON facilities.buildings
    FOR EACH STATEMENT EXECUTE FUNCTION facilities.record_audit();
CREATE TRIGGER trigger_audit AFTER INSERT OR UPDATE OR DELETE ON facilities.floors
    FOR EACH ROW EXECUTE FUNCTION facilities.record_audit();
CREATE TRIGGER trigger_audit_truncate AFTER TRUNCATE ON facilities.floors
    FOR EACH STATEMENT EXECUTE FUNCTION facilities.record_audit();
CREATE TRIGGER trigger_audit AFTER INSERT OR UPDATE OR DELETE ON facilities.rooms
    FOR EACH ROW EXECUTE FUNCTION facilities.record_audit();
CREATE TRIGGER trigger_audit_truncate AFTER TRUNCATE ON facilities.rooms
    FOR EACH STATEMENT EXECUTE FUNCTION facilities.record_audit();
CREATE TRIGGER trigger_audit AFTER INSERT OR UPDATE OR DELETE ON facilities.schedules
    FOR EACH ROW EXECUTE FUNCTION facilities.record_audit();
CREATE TRIGGER trigger_audit_truncate AFTER TRUNCATE ON facilities.schedules
    FOR EACH STATEMENT EXECUTE FUNCTION facilities.record_audit();
CREATE TRIGGER trigger_audit AFTER INSERT OR UPDATE OR DELETE ON facilities.capacities
    FOR EACH ROW EXECUTE FUNCTION facilities.record_audit();
CREATE TRIGGER trigger_audit_truncate AFTER TRUNCATE ON facilities.capacities
    FOR EACH STATEMENT EXECUTE FUNCTION facilities.record_audit();
CREATE TRIGGER trigger_audit AFTER INSERT OR UPDATE OR DELETE ON facilities.keys
    FOR EACH ROW EXECUTE FUNCTION facilities.record_audit();
CREATE TRIGGER trigger_audit_truncate AFTER TRUNCATE ON facilities.keys
    FOR EACH STATEMENT EXECUTE FUNCTION facilities.record_audit();
CREATE TRIGGER trigger_audit AFTER INSERT OR UPDATE OR DELETE ON facilities.key_requests
    FOR EACH ROW EXECUTE FUNCTION facilities.record_audit();
CREATE TRIGGER trigger_audit_truncate AFTER TRUNCATE ON facilities.key_requests
    FOR EACH STATEMENT EXECUTE FUNCTION facilities.record_audit();
CREATE TRIGGER trigger_audit AFTER INSERT OR UPDATE OR DELETE ON facilities.key_assignments
    FOR EACH ROW EXECUTE FUNCTION facilities.record_audit();
CREATE TRIGGER trigger_audit_truncate AFTER TRUNCATE ON facilities.key_assignments
    FOR EACH STATEMENT EXECUTE FUNCTION facilities.record_audit();
CREATE TRIGGER trigger_audit AFTER INSERT OR UPDATE OR DELETE ON facilities.key_orders
    FOR EACH ROW EXECUTE FUNCTION facilities.record_audit();
CREATE TRIGGER trigger_audit_truncate AFTER TRUNCATE ON facilities.key_orders
    FOR EACH STATEMENT EXECUTE FUNCTION facilities.record_audit();
CREATE TRIGGER trigger_audit AFTER INSERT OR UPDATE OR DELETE ON facilities.tickets
    FOR EACH ROW EXECUTE FUNCTION facilities.record_audit();
CREATE TRIGGER trigger_audit_truncate AFTER TRUNCATE ON facilities.tickets
    FOR EACH STATEMENT EXECUTE FUNCTION facilities.record_audit();
CREATE TRIGGER trigger_audit AFTER INSERT OR UPDATE OR DELETE ON facilities.ticket_history
    FOR EACH ROW EXECUTE FUNCTION facilities.record_audit();
CREATE TRIGGER trigger_audit_truncate AFTER TRUNCATE ON facilities.ticket_history
    FOR EACH STATEMENT EXECUTE FUNCTION facilities.record_audit();

-- Step 4: What happened to keys. There is one log: this is the part of it that security may see.

CREATE VIEW facilities.key_audit_logs WITH (security_barrier = true) AS
SELECT a.id, a.table_name, a.operation, a.old_row, a.new_row, a.user_id, a.changed_by, a.changed_at
FROM facilities.audit_log a
WHERE a.table_name IN ('keys', 'key_requests', 'key_assignments', 'key_orders')
  AND (SELECT facilities.has_role('administrator', 'security'));

COMMENT ON TABLE facilities.audit_log IS 'Each change of a row; append-only';
COMMENT ON COLUMN facilities.audit_log.user_id IS 'What app.user_id said, as it was said; NULL where it was not set';
COMMENT ON COLUMN facilities.audit_log.changed_by IS 'The database role';
COMMENT ON VIEW facilities.key_audit_logs IS 'The audit log of keys, for administrators and security';
COMMENT ON FUNCTION facilities.record_audit() IS 'Trigger function that writes the audit log';
COMMENT ON FUNCTION facilities.refuse_audit_change() IS 'Trigger function that keeps the audit log as it is';

-- Verification
DO $$
BEGIN
    IF EXISTS (
        SELECT 1 FROM pg_class c
        WHERE c.relnamespace = to_regnamespace('facilities') AND c.relkind = 'r' AND c.relname <> 'audit_log'
          AND NOT EXISTS (SELECT 1 FROM pg_trigger t WHERE t.tgrelid = c.oid AND t.tgname = 'trigger_audit')
    ) THEN
        RAISE EXCEPTION 'Migration failed: a table of facilities is not audited';
    END IF;
END $$;

COMMIT;

-- ============================================
-- MIGRATION DOWN (Rollback)
-- ============================================

-- In rollback/20250107_000000_audit_log_rollback.sql.

-- ============================================
-- NOTES
-- ============================================
-- Dependencies: every table before it
-- Breaking Changes: No
-- Data Migration: No
-- Estimated Duration: 1 second
