-- Rollback: audit_log
-- Description: Undoes "One log of every change of a row: who, when, the row before and after"
-- Version: 20250107_000000
--
-- The log is lost with its table: export it first if it must be kept.

BEGIN;

-- Reverse Step 4
DROP VIEW facilities.key_audit_logs;

-- Reverse Step 3
DROP TRIGGER trigger_audit ON facilities.roles;
DROP TRIGGER trigger_audit_truncate ON facilities.roles;
DROP TRIGGER trigger_audit ON facilities.profiles;
DROP TRIGGER trigger_audit_truncate ON facilities.profiles;
DROP TRIGGER trigger_audit ON facilities.user_roles;
DROP TRIGGER trigger_audit_truncate ON facilities.user_roles;
DROP TRIGGER trigger_audit ON facilities.building_types;
DROP TRIGGER trigger_audit_truncate ON facilities.building_types;
DROP TRIGGER trigger_audit ON facilities.room_types;
DROP TRIGGER trigger_audit_truncate ON facilities.room_types;
DROP TRIGGER trigger_audit ON facilities.buildings;
DROP TRIGGER trigger_audit_truncate ON facilities.buildings;
DROP TRIGGER trigger_audit ON facilities.floors;
DROP TRIGGER trigger_audit_truncate ON facilities.floors;
DROP TRIGGER trigger_audit ON facilities.rooms;
DROP TRIGGER trigger_audit_truncate ON facilities.rooms;
DROP TRIGGER trigger_audit ON facilities.schedules;
DROP TRIGGER trigger_audit_truncate ON facilities.schedules;
DROP TRIGGER trigger_audit ON facilities.capacities;
DROP TRIGGER trigger_audit_truncate ON facilities.capacities;
DROP TRIGGER trigger_audit ON facilities.keys;
DROP TRIGGER trigger_audit_truncate ON facilities.keys;
DROP TRIGGER trigger_audit ON facilities.key_requests;
DROP TRIGGER trigger_audit_truncate ON facilities.key_requests;
DROP TRIGGER trigger_audit ON facilities.key_assignments;
DROP TRIGGER trigger_audit_truncate ON facilities.key_assignments;
DROP TRIGGER trigger_audit ON facilities.key_orders;
DROP TRIGGER trigger_audit_truncate ON facilities.key_orders;
DROP TRIGGER trigger_audit ON facilities.tickets;
DROP TRIGGER trigger_audit_truncate ON facilities.tickets;
DROP TRIGGER trigger_audit ON facilities.ticket_history;
DROP TRIGGER trigger_audit_truncate ON facilities.ticket_history;

-- Reverse Step 2
DROP FUNCTION facilities.record_audit();

-- Reverse Step 1
DROP TABLE facilities.audit_log;
DROP FUNCTION facilities.refuse_audit_change();

COMMIT;
