-- Rollback: tickets_table
-- Description: Undoes "What is broken, who works on it, and each state it has been in"
-- Version: 20250106_000000
--
-- Every ticket and its history is lost.

BEGIN;

-- Reverse Step 3
DROP TABLE facilities.ticket_history;

-- Reverse Step 1
DROP TABLE facilities.tickets;

-- Reverse Steps 2 and 3: what the table's triggers used
DROP FUNCTION facilities.record_ticket_history();
DROP FUNCTION facilities.check_ticket();

COMMIT;
