-- Test users for development: an administrator and one of the staff. They have no password; sign-in is elsewhere.

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

-- The profile's role is one of the roles of the next statement: checked when both are written.
INSERT INTO facilities.profiles (id, email, first_name, last_name, role) VALUES
    ('00000000-0000-0000-0000-000000000001', 'admin@test.com', 'Admin', 'User', 'administrator'),
    ('00000000-0000-0000-0000-000000000002', 'user@test.com', 'Regular', 'User', 'staff')
ON CONFLICT (id) DO NOTHING;

INSERT INTO facilities.user_roles (user_id, role) VALUES
    ('00000000-0000-0000-0000-000000000001', 'administrator'),
    ('00000000-0000-0000-0000-000000000002', 'staff')
ON CONFLICT (user_id, role) DO NOTHING;

-- A row that this transaction wrote bears its number.
DO $$
DECLARE
    mine XID := pg_current_xact_id()::XID;
BEGIN
    RAISE NOTICE 'profiles: % new of 2', (SELECT count(*) FROM facilities.profiles WHERE xmin = mine);
    RAISE NOTICE 'user_roles: % new of 2', (SELECT count(*) FROM facilities.user_roles WHERE xmin = mine);
END $$;

COMMIT;
