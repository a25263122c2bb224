-- Emergency rollback of the bundle "facilities", for where paws-migrate is not at hand. Where it is, use
--   paws-migrate rollback --to VERSION
-- which verifies what it does, and records it.
--
--   PGOPTIONS='-c paws.rollback_to=20250104000000' psql -v ON_ERROR_STOP=1 -f emergency_rollback.sql
--
-- or, in another client, SET paws.rollback_to = '20250104000000' before it. It keeps that version and removes every
-- applied one above, newest first, with its row in schema_migrations (paws.history_schema says in which schema; public
-- by default); 0 removes all. It is one statement: where anything fails, nothing is changed. It is refused while a run
-- of paws-migrate is at work, and where the history is another bundle's or has a version that is not in this file.
-- It loses the rows that the rollback scripts lose, verifies nothing, and no run or event tells of it: write down when
-- and why. Afterwards paws-migrate takes what was removed as pending.
--
-- The statements are those of the rollback scripts, in one place because an operator may have no more than this file.

DO $emergency$
DECLARE
    wanted TEXT := current_setting('paws.rollback_to', true);
    schema_name TEXT := COALESCE(NULLIF(current_setting('paws.history_schema', true), ''), 'public');
    known BIGINT[] := ARRAY[
        20250109000000,
        20250108000000,
        20250107000000,
        20250106000000,
        20250105000000,
        20250104000000,
        20250103000000,
        20250102000000,
        20250101000000
    ];
    strange TEXT;
    kept BIGINT;
    going BIGINT[];
BEGIN
    IF wanted IS NULL OR wanted !~ '^[0-9]{1,18}$' THEN
        RAISE EXCEPTION 'Say which version stays: SET paws.rollback_to = ''VERSION''; 0 for none';
    END IF;
    kept := wanted::BIGINT;

    -- The lock that a run of paws-migrate holds.
    IF NOT pg_try_advisory_xact_lock(
        ('x' || encode(substr(sha256(convert_to('paws-migrate:run:' || schema_name, 'UTF8')), 1, 8), 'hex'))
            ::BIT(64)::BIGINT
    ) THEN
        RAISE EXCEPTION 'A run of paws-migrate is at work; wait for it, or end its session';
    END IF;

    EXECUTE format(
        'SELECT string_agg(DISTINCT bundle, '', '') FROM %I.schema_migrations WHERE bundle <> ''facilities''',
        schema_name
    ) INTO strange;
    IF strange IS NOT NULL THEN
        RAISE EXCEPTION 'The history in % is of another bundle: %', schema_name, strange;
    END IF;
    EXECUTE format(
        'SELECT array_agg(version ORDER BY version DESC) FROM %I.schema_migrations WHERE version > $1', schema_name
    ) INTO going USING kept;
    SELECT string_agg(v::TEXT, ', ') INTO strange FROM unnest(going) AS v WHERE v <> ALL (known);
    IF strange IS NOT NULL THEN
        RAISE EXCEPTION 'This file does not know how to remove version %', strange;
    END IF;
    IF going IS NULL THEN
        RAISE NOTICE 'Nothing above % is applied; nothing was changed', kept;
        RETURN;
    END IF;
    EXECUTE format('SELECT string_agg(version::TEXT, '', '') FROM %I.schema_migrations WHERE version = $1', schema_name)
        INTO strange USING kept;
    IF kept <> 0 AND strange IS NULL THEN
        RAISE EXCEPTION 'Version % is not applied; name one that is, or 0 to remove all', kept;
    END IF;

    -- Whoever holds a table does not keep everybody else waiting behind this.
    SET LOCAL lock_timeout = '5s';

    -- 20250109_000000_overdue_keys_view
    IF 20250109000000 = ANY (going) THEN
        DROP VIEW facilities.overdue_keys;
        DROP INDEX facilities.key_assignments_due_at_idx;
    END IF;

    -- 20250108_000000_rls_policies
    IF 20250108000000 = ANY (going) THEN
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
        ALTER TABLE facilities.key_requests NO FORCE ROW LEVEL SECURITY;
        ALTER TABLE facilities.key_assignments NO FORCE ROW LEVEL SECURITY;
        ALTER TABLE facilities.key_orders NO FORCE ROW LEVEL SECURITY;
        ALTER TABLE facilities.tickets NO FORCE ROW LEVEL SECURITY;
        ALTER TABLE facilities.ticket_history NO FORCE ROW LEVEL SECURITY;
        ALTER TABLE facilities.audit_log NO FORCE ROW LEVEL SECURITY;
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
    END IF;

    -- 20250107_000000_audit_log
    IF 20250107000000 = ANY (going) THEN
        DROP VIEW facilities.key_audit_logs;
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
        DROP FUNCTION facilities.record_audit();
        DROP TABLE facilities.audit_log;
        DROP FUNCTION facilities.refuse_audit_change();
    END IF;

    -- 20250106_000000_tickets_table
    IF 20250106000000 = ANY (going) THEN
        DROP TABLE facilities.ticket_history;
        DROP TABLE facilities.tickets;
        DROP FUNCTION facilities.record_ticket_history();
        DROP FUNCTION facilities.check_ticket();
    END IF;

    -- 20250105_000000_keys_tables
    IF 20250105000000 = ANY (going) THEN
        DROP TABLE facilities.key_orders;
        DROP TABLE facilities.key_assignments;
        DROP FUNCTION facilities.check_key_issue();
        DROP TABLE facilities.key_requests;
        DROP FUNCTION facilities.keep_columns();
        DROP TABLE facilities.keys;
        DROP TYPE facilities.access_level_enum;
        DROP TYPE facilities.key_type_enum;
    END IF;

    -- 20250104_000000_capacities_table
    IF 20250104000000 = ANY (going) THEN
        DROP TRIGGER trigger_check_room_capacity ON facilities.rooms;
        DROP TRIGGER trigger_check_capacity ON facilities.capacities;
        DROP TRIGGER trigger_check_schedule_capacity ON facilities.schedules;
        DROP FUNCTION facilities.check_room_capacity();
        DROP FUNCTION facilities.check_capacity();
        DROP FUNCTION facilities.check_schedule_capacity();
        DROP INDEX facilities.schedules_room_id_layout_idx;
        ALTER TABLE facilities.schedules
            DROP CONSTRAINT schedules_room_id_layout_fkey,
            DROP CONSTRAINT schedules_attendees_check,
            DROP COLUMN layout,
            DROP COLUMN attendees;
        DROP TABLE facilities.capacities;
    END IF;

    -- 20250103_000000_schedules_table
    IF 20250103000000 = ANY (going) THEN
        DROP TABLE facilities.schedules;
        DROP TYPE facilities.uuid_range;
    END IF;

    -- 20250102_000000_rooms_table
    IF 20250102000000 = ANY (going) THEN
        DROP TABLE facilities.rooms;
    END IF;

    -- 20250101_000000_initial_schema
    IF 20250101000000 = ANY (going) THEN
        DROP FUNCTION facilities.has_role(TEXT[]);
        DROP FUNCTION facilities.current_user_id();
        DROP TABLE facilities.floors;
        DROP TABLE facilities.buildings;
        DROP TABLE facilities.room_types;
        DROP TABLE facilities.building_types;
        ALTER TABLE facilities.profiles DROP CONSTRAINT profiles_role_fkey;
        DROP TABLE facilities.user_roles;
        DROP TABLE facilities.profiles;
        DROP TABLE facilities.roles;
        DROP FUNCTION facilities.set_updated_at();
        DROP SCHEMA facilities;
    END IF;

    EXECUTE format('DELETE FROM %I.schema_migrations WHERE version = ANY ($1)', schema_name) USING going;
    RAISE NOTICE 'Removed, newest first: %', array_to_string(going, ', ');
END
$emergency$;
