-- Reference data that does not change: building and room types. Written where missing; what is there stays as it is.

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

INSERT INTO facilities.building_types (code, name, description) VALUES
    ('courthouse', 'Courthouse', 'Main courthouse building'),
    ('annex', 'Annex', 'Courthouse annex building'),
    ('administrative', 'Administrative', 'Administrative offices')
ON CONFLICT (code) DO NOTHING;

INSERT INTO facilities.room_types (code, name, description, default_capacity) VALUES
    ('courtroom', 'Courtroom', 'Court proceedings room', 100),
    ('office', 'Office', 'Individual office', 4),
    ('conference', 'Conference', 'Conference room', 20)
ON CONFLICT (code) DO NOTHING;

-- A row that this transaction wrote bears its number.
DO $$
DECLARE
    mine XID := pg_current_xact_id()::XID;
BEGIN
    RAISE NOTICE 'building_types: % new of 3', (SELECT count(*) FROM facilities.building_types WHERE xmin = mine);
    RAISE NOTICE 'room_types: % new of 3', (SELECT count(*) FROM facilities.room_types WHERE xmin = mine);
END $$;

COMMIT;
