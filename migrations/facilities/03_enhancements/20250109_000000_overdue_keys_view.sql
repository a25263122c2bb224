-- Migration: overdue_keys_view
-- Description: Keys that should be back and are not
-- Author: Facilities database team
-- Date: 2025-01-09
-- Epic: EPIC-001
-- Story: STORY-007

-- ============================================
-- MIGRATION UP
-- ============================================

BEGIN;

-- Step 1: What the view looks for

CREATE INDEX key_assignments_due_at_idx ON facilities.key_assignments (due_at)
WHERE returned_at IS NULL;

-- Step 2: The view. It reads the tables as its owner (security_invoker needs PostgreSQL 15), whom policies may not
-- ask: so it says itself who sees what, which is what the policies on key_assignments say.

CREATE VIEW facilities.overdue_keys WITH (security_barrier = true) AS
SELECT a.id AS assignment_id,
       k.key_code,
       k.key_type,
       k.access_level,
       b.name AS building,
       r.room_number,
       a.holder_id,
       p.first_name || ' ' || p.last_name AS holder,
       p.email,
       a.due_at,
       CURRENT_TIMESTAMP - a.due_at AS overdue_for
FROM facilities.key_assignments a
JOIN facilities.keys k ON k.id = a.key_id
JOIN facilities.buildings b ON b.id = k.building_id
LEFT JOIN facilities.rooms r ON r.id = k.room_id
JOIN facilities.profiles p ON p.id = a.holder_id
WHERE a.returned_at IS NULL
  AND a.due_at < CURRENT_TIMESTAMP
  AND (
      a.holder_id = (SELECT facilities.current_user_id())
      OR (SELECT facilities.has_role('administrator', 'security'))
  );

COMMENT ON VIEW facilities.overdue_keys IS 'Keys that should be back and are not: the own, for security all';

-- Verification
DO $$
BEGIN
    IF to_regclass('facilities.overdue_keys') IS NULL THEN
        RAISE EXCEPTION 'Migration failed: facilities.overdue_keys not created';
    END IF;
END $$;

COMMIT;

-- ============================================
-- MIGRATION DOWN (Rollback)
-- ============================================

/*
BEGIN;

-- Nothing is lost: the view holds no rows.

-- Reverse Step 2
DROP VIEW facilities.overdue_keys;

-- Reverse Step 1
DROP INDEX facilities.key_assignments_due_at_idx;

COMMIT;
*/

-- ============================================
-- NOTES
-- ============================================
-- Dependencies: 20250108_000000_rls_policies
-- Breaking Changes: No
-- Data Migration: No
-- Estimated Duration: 1 second
