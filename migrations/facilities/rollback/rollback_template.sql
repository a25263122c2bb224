-- Rollback: [MIGRATION_NAME]
-- Description: Undoes "[WHAT THE MIGRATION DOES]"
-- Version: [YYYYMMDD_HHMMSS]
--
-- Copy it to [YYYYMMDD_HHMMSS]_[MIGRATION_NAME]_rollback.sql in this folder. As long as it has no statement, the
-- migration cannot be rolled back. Say here which rows are lost, and what to export first.
--
-- Reverse order; every object by its schema; no CASCADE, which takes along what others have built; no IF EXISTS, which
-- hides that the database is not as the migration left it.

BEGIN;

-- Reverse Step 2
-- DROP TRIGGER [TRIGGER] ON facilities.[TABLE];
-- DROP FUNCTION facilities.[FUNCTION]();

-- Reverse Step 1
-- DROP TABLE facilities.[TABLE];

COMMIT;
