-- Migration: rls_policies
-- Description: Who sees and changes which rows, by the person whom app.user_id names
-- Author: Facilities database team
-- Date: 2025-01-08
-- Epic: EPIC-001
-- Story: STORY-007

-- ============================================
-- MIGRATION UP
-- ============================================

BEGIN;

-- Step 1: Nobody sees anything but by a policy. Roles that own the tables, or have BYPASSRLS, are not asked.

ALTER TABLE facilities.roles ENABLE ROW LEVEL SECURITY;
ALTER TABLE facilities.profiles ENABLE ROW LEVEL SECURITY;
ALTER TABLE facilities.user_roles ENABLE ROW LEVEL SECURITY;
ALTER TABLE facilities.building_types ENABLE ROW LEVEL SECURITY;
ALTER TABLE facilities.room_types ENABLE ROW LEVEL SECURITY;
ALTER TABLE facilities.buildings ENABLE ROW LEVEL SECURITY;
ALTER TABLE facilities.floors ENABLE ROW LEVEL SECURITY;
ALTER TABLE facilities.rooms ENABLE ROW LEVEL SECURITY;
ALTER TABLE facilities.schedules ENABLE ROW LEVEL SECURITY;
ALTER TABLE facilities.capacities ENABLE ROW LEVEL SECURITY;
ALTER TABLE facilities.keys ENABLE ROW LEVEL SECURITY;
ALTER TABLE facilities.key_requests ENABLE ROW LEVEL SECURITY;
ALTER TABLE facilities.key_assignments ENABLE ROW LEVEL SECURITY;
ALTER TABLE facilities.key_orders ENABLE ROW LEVEL SECURITY;
ALTER TABLE facilities.tickets ENABLE ROW LEVEL SECURITY;
ALTER TABLE facilities.ticket_history ENABLE ROW LEVEL SECURITY;
ALTER TABLE facilities.audit_log ENABLE ROW LEVEL SECURITY;

-- Step 2: Where rows are about what people do, the tables' owner is asked too, for applications that log in as it.
-- Not the others: the functions that tell who somebody is, and that lock rooms and keys, read them as the owner.

ALTER TABLE facilities.key_requests FORCE ROW LEVEL SECURITY;
ALTER TABLE facilities.key_assignments FORCE ROW LEVEL SECURITY;
ALTER TABLE facilities.key_orders FORCE ROW LEVEL SECURITY;
ALTER TABLE facilities.tickets FORCE ROW LEVEL SECURITY;
ALTER TABLE facilities.ticket_history FORCE ROW LEVEL SECURITY;
ALTER TABLE facilities.audit_log FORCE ROW LEVEL SECURITY;

-- Step 3: Places: everybody who is known reads them, administrators change them

CREATE POLICY read ON facilities.roles FOR SELECT
    USING ((SELECT facilities.current_user_id()) IS NOT NULL);
CREATE POLICY administer ON facilities.roles FOR ALL
    USING ((SELECT facilities.has_role('administrator')))
    WITH CHECK ((SELECT facilities.has_role('administrator')));
CREATE POLICY read ON facilities.building_types FOR SELECT
    USING ((SELECT facilities.current_user_id()) IS NOT NULL);
CREATE POLICY administer ON facilities.building_types FOR ALL
    USING ((SELECT facilities.has_role('administrator')))
    WITH CHECK ((SELECT facilities.has_role('administrator')));
CREATE POLICY read ON facilities.room_types FOR SELECT
    USING ((SELECT facilities.current_user_id()) IS NOT NULL);
CREATE POLICY administer ON facilities.room_types FOR ALL
    USING ((SELECT facilities.has_role('administrator')))
    WITH CHECK ((SELECT facilities.has_role('administrator')));
CREATE POLICY read ON facilities.buildings FOR SELECT
    USING ((SELECT facilities.current_user_id()) IS NOT NULL);
CREATE POLICY administer ON facilities.buildings FOR ALL
    USING ((SELECT facilities.has_role('administrator')))
    WITH CHECK ((SELECT facilities.has_role('administrator')));
CREATE POLICY read ON facilities.floors FOR SELECT
    USING ((SELECT facilities.current_user_id()) IS NOT NULL);
CREATE POLICY administer ON facilities.floors FOR ALL
    USING ((SELECT facilities.has_role('administrator')))
    WITH CHECK ((SELECT facilities.has_role('administrator')));
CREATE POLICY read ON facilities.rooms FOR SELECT
    USING ((SELECT facilities.current_user_id()) IS NOT NULL);
CREATE POLICY administer ON facilities.rooms FOR ALL
    USING ((SELECT facilities.has_role('administrator')))
    WITH CHECK ((SELECT facilities.has_role('administrator')));
CREATE POLICY read ON facilities.capacities FOR SELECT
    USING ((SELECT facilities.current_user_id()) IS NOT NULL);
CREATE POLICY administer ON facilities.capacities FOR ALL
    USING ((SELECT facilities.has_role('administrator')))
    WITH CHECK ((SELECT facilities.has_role('administrator')));

-- Step 4: People: each sees the own profile and roles, security all profiles; administrators change them

CREATE POLICY read_own ON facilities.profiles FOR SELECT
    USING (id = (SELECT facilities.current_user_id()));
CREATE POLICY read_all ON facilities.profiles FOR SELECT
    USING ((SELECT facilities.has_role('administrator', 'security')));
CREATE POLICY administer ON facilities.profiles FOR ALL
    USING ((SELECT facilities.has_role('administrator')))
    WITH CHECK ((SELECT facilities.has_role('administrator')));
CREATE POLICY read_own ON facilities.user_roles FOR SELECT
    USING (user_id = (SELECT facilities.current_user_id()));
CREATE POLICY administer ON facilities.user_roles FOR ALL
    USING ((SELECT facilities.has_role('administrator')))
    WITH CHECK ((SELECT facilities.has_role('administrator')));

-- Step 5: Schedules: everybody who is known sees them all and changes the own, administrators any

CREATE POLICY read ON facilities.schedules FOR SELECT
    USING ((SELECT facilities.current_user_id()) IS NOT NULL);
CREATE POLICY book ON facilities.schedules FOR INSERT
    WITH CHECK (booked_by = (SELECT facilities.current_user_id()));
CREATE POLICY change_own ON facilities.schedules FOR UPDATE
    USING (booked_by = (SELECT facilities.current_user_id()))
    WITH CHECK (booked_by = (SELECT facilities.current_user_id()));
CREATE POLICY delete_own ON facilities.schedules FOR DELETE
    USING (booked_by = (SELECT facilities.current_user_id()));
CREATE POLICY administer ON facilities.schedules FOR ALL
    USING ((SELECT facilities.has_role('administrator')))
    WITH CHECK ((SELECT facilities.has_role('administrator')));

-- Step 6: Keys: each sees what they hold and asked for; security decides, issues, takes back and orders. What is
-- decided, returned or received stays, and nobody deletes any of it

CREATE POLICY read_held ON facilities.keys FOR SELECT
    USING (EXISTS (
        SELECT 1 FROM facilities.key_assignments a
        WHERE a.key_id = keys.id AND a.holder_id = (SELECT facilities.current_user_id()) AND a.returned_at IS NULL
    ));
CREATE POLICY keep ON facilities.keys FOR ALL
    USING ((SELECT facilities.has_role('administrator', 'security')))
    WITH CHECK ((SELECT facilities.has_role('administrator', 'security')));
CREATE POLICY read_own ON facilities.key_requests FOR SELECT
    USING (requester_id = (SELECT facilities.current_user_id()));
CREATE POLICY ask ON facilities.key_requests FOR INSERT
    WITH CHECK (requester_id = (SELECT facilities.current_user_id()) AND status = 'requested');
CREATE POLICY cancel_own ON facilities.key_requests FOR UPDATE
    USING (requester_id = (SELECT facilities.current_user_id()) AND status = 'requested')
    WITH CHECK (requester_id = (SELECT facilities.current_user_id()) AND status IN ('requested', 'cancelled'));
CREATE POLICY read_all ON facilities.key_requests FOR SELECT
    USING ((SELECT facilities.has_role('administrator', 'security')));
CREATE POLICY decide ON facilities.key_requests FOR UPDATE
    USING ((SELECT facilities.has_role('administrator', 'security')) AND status = 'requested')
    WITH CHECK ((SELECT facilities.has_role('administrator', 'security')) AND (decided_by IS NULL OR decided_by = (SELECT facilities.current_user_id())));
CREATE POLICY read_own ON facilities.key_assignments FOR SELECT
    USING (holder_id = (SELECT facilities.current_user_id()));
CREATE POLICY read_all ON facilities.key_assignments FOR SELECT
    USING ((SELECT facilities.has_role('administrator', 'security')));
CREATE POLICY issue ON facilities.key_assignments FOR INSERT
    WITH CHECK ((SELECT facilities.has_role('administrator', 'security')) AND issued_by = (SELECT facilities.current_user_id()));
CREATE POLICY take_back ON facilities.key_assignments FOR UPDATE
    USING ((SELECT facilities.has_role('administrator', 'security')) AND returned_at IS NULL)
    WITH CHECK ((SELECT facilities.has_role('administrator', 'security')));
CREATE POLICY read ON facilities.key_orders FOR SELECT
    USING ((SELECT facilities.has_role('administrator', 'security')));
CREATE POLICY place ON facilities.key_orders FOR INSERT
    WITH CHECK ((SELECT facilities.has_role('administrator', 'security')) AND ordered_by = (SELECT facilities.current_user_id()));
CREATE POLICY receive ON facilities.key_orders FOR UPDATE
    USING ((SELECT facilities.has_role('administrator', 'security')) AND status = 'ordered')
    WITH CHECK ((SELECT facilities.has_role('administrator', 'security')));

-- Step 7: Tickets: each sees and makes the own, technicians see all and work on them. History is written by triggers

CREATE POLICY read_own ON facilities.tickets FOR SELECT
    USING (reporter_id = (SELECT facilities.current_user_id()));
CREATE POLICY read_all ON facilities.tickets FOR SELECT
    USING ((SELECT facilities.has_role('administrator', 'technician')));
CREATE POLICY report ON facilities.tickets FOR INSERT
    WITH CHECK (reporter_id = (SELECT facilities.current_user_id()) AND assignee_id IS NULL);
CREATE POLICY work ON facilities.tickets FOR UPDATE
    USING ((SELECT facilities.has_role('administrator', 'technician')))
    WITH CHECK ((SELECT facilities.has_role('administrator', 'technician')));
CREATE POLICY read ON facilities.ticket_history FOR SELECT
    USING (EXISTS (SELECT 1 FROM facilities.tickets t WHERE t.id = ticket_id));
CREATE POLICY record ON facilities.ticket_history FOR INSERT
    WITH CHECK (pg_trigger_depth() > 0);

-- Step 8: The audit log: administrators see it, security the part about keys. It is written by triggers

CREATE POLICY read ON facilities.audit_log FOR SELECT
    USING ((SELECT facilities.has_role('administrator')));
CREATE POLICY read_keys ON facilities.audit_log FOR SELECT
    USING (table_name IN ('keys', 'key_requests', 'key_assignments', 'key_orders')
    AND (SELECT facilities.has_role('security')));
CREATE POLICY record ON facilities.audit_log FOR INSERT
    WITH CHECK (pg_trigger_depth() > 0);

-- Verification
DO $$
BEGIN
    IF EXISTS (
        SELECT 1 FROM pg_class c
        WHERE c.relnamespace = to_regnamespace('facilities') AND c.relkind = 'r'
          AND NOT (c.relrowsecurity AND EXISTS (SELECT 1 FROM pg_policy p WHERE p.polrelid = c.oid))
    ) THEN
        RAISE EXCEPTION 'Migration failed: a table of facilities has no policy, or they are off';
    END IF;
END $$;

COMMIT;

-- ============================================
-- MIGRATION DOWN (Rollback)
-- ============================================

-- In rollback/20250108_000000_rls_policies_rollback.sql.

-- ============================================
-- NOTES
-- ============================================
-- Dependencies: 20250107_000000_audit_log
-- Breaking Changes: Yes - applications that do not set app.user_id see nothing
-- Data Migration: No
-- Estimated Duration: 1 second
