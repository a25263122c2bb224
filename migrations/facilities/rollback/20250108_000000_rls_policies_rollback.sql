-- Rollback: rls_policies
-- Description: Undoes "Who sees and changes which rows, by the person whom app.user_id names"
-- Version: 20250108_000000
--
-- Whoever has been granted a table sees all of it again: take the grants back first where that must not be.

BEGIN;

-- Reverse Steps 8 to 3
DROP POLICY record ON facilities.audit_log;
DROP POLICY read_keys ON facilities.audit_log;
DROP POLICY read ON facilities.audit_log;
DROP POLICY record ON facilities.ticket_history;
DROP POLICY read ON facilities.ticket_history;
DROP POLICY work ON facilities.tickets;
DROP POLICY report ON facilities.tickets;
DROP POLICY read_all ON facilities.tickets;
DROP POLICY read_own ON facilities.tickets;
DROP POLICY receive ON facilities.key_orders;
DROP POLICY place ON facilities.key_orders;
DROP POLICY read ON facilities.key_orders;
DROP POLICY take_back ON facilities.key_assignments;
DROP POLICY issue ON facilities.key_assignments;
DROP POLICY read_all ON facilities.key_assignments;
DROP POLICY read_own ON facilities.key_assignments;
DROP POLICY decide ON facilities.key_requests;
DROP POLICY read_all ON facilities.key_requests;
DROP POLICY cancel_own ON facilities.key_requests;
DROP POLICY ask ON facilities.key_requests;
DROP POLICY read_own ON facilities.key_requests;
DROP POLICY keep ON facilities.keys;
DROP POLICY read_held ON facilities.keys;
DROP POLICY administer ON facilities.schedules;
DROP POLICY delete_own ON facilities.schedules;
DROP POLICY change_own ON facilities.schedules;
DROP POLICY book ON facilities.schedules;
DROP POLICY read ON facilities.schedules;
DROP POLICY administer ON facilities.user_roles;
DROP POLICY read_own ON facilities.user_roles;
DROP POLICY administer ON facilities.profiles;
DROP POLICY read_all ON facilities.profiles;
DROP POLICY read_own ON facilities.profiles;
DROP POLICY administer ON facilities.capacities;
DROP POLICY read ON facilities.capacities;
DROP POLICY administer ON facilities.rooms;
DROP POLICY read ON facilities.rooms;
DROP POLICY administer ON facilities.floors;
DROP POLICY read ON facilities.floors;
DROP POLICY administer ON facilities.buildings;
DROP POLICY read ON facilities.buildings;
DROP POLICY administer ON facilities.room_types;
DROP POLICY read ON facilities.room_types;
DROP POLICY administer ON facilities.building_types;
DROP POLICY read ON facilities.building_types;
DROP POLICY administer ON facilities.roles;
DROP POLICY read ON facilities.roles;

-- Reverse Step 2
ALTER TABLE facilities.key_requests NO FORCE ROW LEVEL SECURITY;
ALTER TABLE facilities.key_assignments NO FORCE ROW LEVEL SECURITY;
ALTER TABLE facilities.key_orders NO FORCE ROW LEVEL SECURITY;
ALTER TABLE facilities.tickets NO FORCE ROW LEVEL SECURITY;
ALTER TABLE facilities.ticket_history NO FORCE ROW LEVEL SECURITY;
ALTER TABLE facilities.audit_log NO FORCE ROW LEVEL SECURITY;

-- Reverse Step 1
ALTER TABLE facilities.roles DISABLE ROW LEVEL SECURITY;
ALTER TABLE facilities.profiles DISABLE ROW LEVEL SECURITY;
ALTER TABLE facilities.user_roles DISABLE ROW LEVEL SECURITY;
ALTER TABLE facilities.building_types DISABLE ROW LEVEL SECURITY;
ALTER TABLE facilities.room_types DISABLE ROW LEVEL SECURITY;
ALTER TABLE facilities.buildings DISABLE ROW LEVEL SECURITY;
ALTER TABLE facilities.floors DISABLE ROW LEVEL SECURITY;
ALTER TABLE facilities.rooms DISABLE ROW LEVEL SECURITY;
ALTER TABLE facilities.schedules DISABLE ROW LEVEL SECURITY;
ALTER TABLE facilities.capacities DISABLE ROW LEVEL SECURITY;
ALTER TABLE facilities.keys DISABLE ROW LEVEL SECURITY;
ALTER TABLE facilities.key_requests DISABLE ROW LEVEL SECURITY;
ALTER TABLE facilities.key_assignments DISABLE ROW LEVEL SECURITY;
ALTER TABLE facilities.key_orders DISABLE ROW LEVEL SECURITY;
ALTER TABLE facilities.tickets DISABLE ROW LEVEL SECURITY;
ALTER TABLE facilities.ticket_history DISABLE ROW LEVEL SECURITY;
ALTER TABLE facilities.audit_log DISABLE ROW LEVEL SECURITY;

COMMIT;
