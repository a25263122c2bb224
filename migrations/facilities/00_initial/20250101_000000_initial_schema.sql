-- Migration: initial_schema
-- Description: The schema, people and their roles, building and room types, buildings and floors
-- Author: Facilities database team
-- Date: 2025-01-01
-- Epic: EPIC-001
-- Story: STORY-007

-- ============================================
-- MIGRATION UP
-- ============================================

BEGIN;

-- Step 1: The schema, and the stamp of a changed row

CREATE SCHEMA facilities;

CREATE FUNCTION facilities.set_updated_at()
RETURNS TRIGGER AS $$
BEGIN
    NEW.updated_at := CURRENT_TIMESTAMP;
    RETURN NEW;
END;
$$ LANGUAGE plpgsql
SET search_path = facilities, pg_temp;

-- Step 2: People. What a person may do is told by user_roles alone; profiles.role is the one of these that is
-- shown first, so that changing it gives nobody a right. The two are written in one transaction.

CREATE TABLE facilities.roles (
    role TEXT PRIMARY KEY,
    description TEXT NOT NULL,

    CONSTRAINT roles_role_check CHECK (role ~ '^[a-z_]+$')
);

CREATE TABLE facilities.profiles (
    id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
    email TEXT NOT NULL,
    first_name TEXT NOT NULL,
    last_name TEXT NOT NULL,
    role TEXT NOT NULL,
    is_active BOOLEAN NOT NULL DEFAULT true,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT CURRENT_TIMESTAMP,
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT profiles_email_check CHECK (email ~ '^[^@[:space:]]+@[^@[:space:]]+$')
);

-- One profile per address, however it is typed.
CREATE UNIQUE INDEX profiles_email_key ON facilities.profiles (lower(email));
CREATE INDEX profiles_id_role_idx ON facilities.profiles (id, role);

CREATE TABLE facilities.user_roles (
    user_id UUID NOT NULL
        CONSTRAINT user_roles_user_id_fkey REFERENCES facilities.profiles (id) ON DELETE CASCADE,
    role TEXT NOT NULL
        CONSTRAINT user_roles_role_fkey REFERENCES facilities.roles (role),
    granted_at TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT CURRENT_TIMESTAMP,

    PRIMARY KEY (user_id, role)
);

CREATE INDEX user_roles_role_idx ON facilities.user_roles (role);

ALTER TABLE facilities.profiles
    ADD CONSTRAINT profiles_role_fkey FOREIGN KEY (id, role)
        REFERENCES facilities.user_roles (user_id, role) DEFERRABLE INITIALLY DEFERRED;

INSERT INTO facilities.roles (role, description) VALUES
    ('administrator', 'Sees and changes everything'),
    ('security', 'Issues keys, decides on requests, orders keys'),
    ('technician', 'Works on tickets'),
    ('staff', 'Books rooms, asks for keys, reports what is broken');

-- Step 3: Places

CREATE TABLE facilities.building_types (
    code TEXT PRIMARY KEY,
    name TEXT NOT NULL CONSTRAINT building_types_name_key UNIQUE,
    description TEXT NOT NULL,

    CONSTRAINT building_types_code_check CHECK (code ~ '^[a-z_]+$')
);

CREATE TABLE facilities.room_types (
    code TEXT PRIMARY KEY,
    name TEXT NOT NULL CONSTRAINT room_types_name_key UNIQUE,
    description TEXT NOT NULL,
    default_capacity INTEGER NOT NULL,

    CONSTRAINT room_types_code_check CHECK (code ~ '^[a-z_]+$'),
    CONSTRAINT room_types_default_capacity_check CHECK (default_capacity >= 0)
);

CREATE TABLE facilities.buildings (
    id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
    name TEXT NOT NULL CONSTRAINT buildings_name_key UNIQUE,
    address TEXT NOT NULL,
    building_type TEXT NOT NULL
        CONSTRAINT buildings_building_type_fkey REFERENCES facilities.building_types (code),
    created_at TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT CURRENT_TIMESTAMP,
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT CURRENT_TIMESTAMP
);

CREATE INDEX buildings_building_type_idx ON facilities.buildings (building_type);

CREATE TABLE facilities.floors (
    id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
    building_id UUID NOT NULL
        CONSTRAINT floors_building_id_fkey REFERENCES facilities.buildings (id),
    floor_number INTEGER NOT NULL,
    name TEXT NOT NULL,

    CONSTRAINT floors_number_key UNIQUE (building_id, floor_number),
    -- What lies on a floor refers to both, and so lies in its building.
    CONSTRAINT floors_id_building_id_key UNIQUE (id, building_id)
);

CREATE TRIGGER trigger_set_updated_at BEFORE UPDATE ON facilities.profiles
    FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION facilities.set_updated_at();
CREATE TRIGGER trigger_set_updated_at BEFORE UPDATE ON facilities.buildings
    FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION facilities.set_updated_at();

-- Step 4: Who asks. SECURITY DEFINER, for whoever asks may not read people and roles; each tells of nobody but the
-- person whom the setting names.

CREATE FUNCTION facilities.current_user_id()
RETURNS UUID AS $$
DECLARE
    asked TEXT := current_setting('app.user_id', true);
BEGIN
    IF asked IS NULL OR asked !~* '^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$' THEN
        RETURN NULL;
    END IF;
    RETURN (SELECT p.id FROM facilities.profiles p WHERE p.id = asked::UUID AND p.is_active);
END;
$$ LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = facilities, pg_temp;

CREATE FUNCTION facilities.has_role(VARIADIC wanted TEXT[])
RETURNS BOOLEAN AS $$
BEGIN
    RETURN EXISTS (
        SELECT 1 FROM facilities.user_roles r
        WHERE r.user_id = facilities.current_user_id() AND r.role = ANY (wanted)
    );
END;
$$ LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = facilities, pg_temp;

COMMENT ON SCHEMA facilities IS 'Facilities: rooms, schedules, keys and tickets';
COMMENT ON TABLE facilities.roles IS 'What a person may be; the policies name them';
COMMENT ON TABLE facilities.profiles IS 'People; sign-in is elsewhere, so no credentials are kept here';
COMMENT ON COLUMN facilities.profiles.email IS 'Unique without regard to case';
COMMENT ON COLUMN facilities.profiles.role IS 'The one of the person''s roles that is shown first; gives no right';
COMMENT ON COLUMN facilities.profiles.is_active IS 'False for people who may no longer see or do anything';
COMMENT ON TABLE facilities.user_roles IS 'Which person has which role';
COMMENT ON TABLE facilities.building_types IS 'Kinds of buildings';
COMMENT ON TABLE facilities.room_types IS 'Kinds of rooms';
COMMENT ON COLUMN facilities.room_types.default_capacity IS 'People in a room of this kind, as a proposal';
COMMENT ON TABLE facilities.buildings IS 'Buildings';
COMMENT ON TABLE facilities.floors IS 'Floors of buildings';
COMMENT ON FUNCTION facilities.set_updated_at() IS 'Trigger function that stamps a changed row';
COMMENT ON FUNCTION facilities.current_user_id() IS
    'The active person whom the setting app.user_id names; NULL where it is missing, malformed or nobody''s';
COMMENT ON FUNCTION facilities.has_role(TEXT[]) IS 'Whether the current person has one of these roles';

-- Verification
DO $$
BEGIN
    IF to_regclass('facilities.profiles') IS NULL OR to_regclass('facilities.floors') IS NULL THEN
        RAISE EXCEPTION 'Migration failed: facilities.profiles or facilities.floors not created';
    END IF;
    IF facilities.has_role('administrator', 'security', 'technician', 'staff') THEN
        RAISE EXCEPTION 'Migration failed: somebody has a role before there is anybody';
    END IF;
END $$;

COMMIT;

-- ============================================
-- MIGRATION DOWN (Rollback)
-- ============================================

/*
BEGIN;

-- Every row of these tables is lost. What others built on them makes it fail, by name.

-- Reverse Step 4
DROP FUNCTION facilities.has_role(TEXT[]);
DROP FUNCTION facilities.current_user_id();

-- Reverse Step 3
DROP TABLE facilities.floors;
DROP TABLE facilities.buildings;
DROP TABLE facilities.room_types;
DROP TABLE facilities.building_types;

-- Reverse Step 2
ALTER TABLE facilities.profiles DROP CONSTRAINT profiles_role_fkey;
DROP TABLE facilities.user_roles;
DROP TABLE facilities.profiles;
DROP TABLE facilities.roles;

-- Reverse Step 1
DROP FUNCTION facilities.set_updated_at();
DROP SCHEMA facilities;

COMMIT;
*/

-- ============================================
-- NOTES
-- ============================================
-- Dependencies: None
-- Breaking Changes: No
-- Data Migration: No
-- Estimated Duration: 1 second
