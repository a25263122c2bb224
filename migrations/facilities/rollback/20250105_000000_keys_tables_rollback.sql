-- Rollback: keys_tables
-- Description: Undoes "Keys, who asks for one, who holds one, and which are ordered"
-- Version: 20250105_000000
--
-- Every key, request, assignment and order is lost.

BEGIN;

-- Reverse Step 4
DROP TABLE facilities.key_orders;

-- Reverse Step 3
DROP TABLE facilities.key_assignments;
DROP FUNCTION facilities.check_key_issue();

-- Reverse Step 2
DROP TABLE facilities.key_requests;
DROP FUNCTION facilities.keep_columns();

-- Reverse Step 1
DROP TABLE facilities.keys;
DROP TYPE facilities.access_level_enum;
DROP TYPE facilities.key_type_enum;

COMMIT;
