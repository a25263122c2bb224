-- Sample rooms for testing: one building, one floor, three rooms. Needs 01_reference_data.sql.

BEGIN;

-- Never in production: what marks a database as such is read from the catalog too, which no session can change.
DO $$
BEGIN
    IF lower(current_setting('app.environment', true)) = 'production' OR EXISTS (
        SELECT 1 FROM pg_db_role_setting s
        CROSS JOIN LATERAL unnest(s.setconfig) AS setting
        WHERE s.setdatabase IN (0, (SELECT d.oid FROM pg_database d WHERE d.datname = current_database()))
          AND lower(setting) = 'app.environment=production'
    ) THEN
        RAISE EXCEPTION 'Refused: % is marked as production (app.environment)', current_database()
            USING HINT = 'These rows are for development and tests: connect to a database for these.';
    END IF;
END $$;

INSERT INTO facilities.buildings (id, name, address, building_type) VALUES
    ('10000000-0000-0000-0000-000000000001', 'Main Courthouse', '100 Centre St', 'courthouse')
ON CONFLICT (id) DO NOTHING;

INSERT INTO facilities.floors (id, building_id, floor_number, name) VALUES
    ('20000000-0000-0000-0000-000000000001', '10000000-0000-0000-0000-000000000001', 1, 'First Floor')
ON CONFLICT (id) DO NOTHING;

-- They have no fixed ids: a room is known by its building and number.
INSERT INTO facilities.rooms (building_id, floor_id, room_number, room_type, capacity) VALUES
    ('10000000-0000-0000-0000-000000000001', '20000000-0000-0000-0000-000000000001', '101', 'office', 4),
    ('10000000-0000-0000-0000-000000000001', '20000000-0000-0000-0000-000000000001', '102', 'office', 4),
    ('10000000-0000-0000-0000-000000000001', '20000000-0000-0000-0000-000000000001', '103', 'conference', 20)
ON CONFLICT (building_id, room_number) DO NOTHING;

-- A row that this transaction wrote bears its number.
DO $$
DECLARE
    mine XID := pg_current_xact_id()::XID;
BEGIN
    RAISE NOTICE 'buildings: % new of 1', (SELECT count(*) FROM facilities.buildings WHERE xmin = mine);
    RAISE NOTICE 'floors: % new of 1', (SELECT count(*) FROM facilities.floors WHERE xmin = mine);
    RAISE NOTICE 'rooms: % new of 3', (SELECT count(*) FROM facilities.rooms WHERE xmin = mine);
END $$;

COMMIT;
