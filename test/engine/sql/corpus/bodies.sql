CREATE FUNCTION corpus_one(a bool) RETURNS int BEGIN ATOMIC SELECT CASE WHEN a THEN 1 END; SELECT 2; END;
CREATE OR REPLACE FUNCTION corpus_one(a bool) RETURNS int LANGUAGE sql
BEGIN ATOMIC
  SELECT CASE WHEN a THEN CASE WHEN NOT a THEN 1 ELSE 2 END ELSE 3 END; -- END;
  SELECT 1 AS end; /* END; */
  SELECT x.end FROM (SELECT 'END;' AS end) x;
  SELECT (CASE WHEN a THEN 1 END);
  SELECT 4;
END;
create procedure corpus_two() begin atomic insert into corpus_table values (1); delete from corpus_table; end;
CREATE FUNCTION corpus_three() RETURNS int RETURN 1; SELECT 'three';
CREATE FUNCTION corpus_four() RETURNS int LANGUAGE sql AS 'SELECT 1; SELECT 2'; SELECT 'four';
CREATE FUNCTION begin() RETURNS int RETURN 1; SELECT begin();
CREATE TABLE corpus_atomic (function int, atomic int, "end" int, begin int); SELECT 'five';
CREATE FUNCTION corpus_empty() RETURNS void BEGIN ATOMIC END; SELECT 'six';
