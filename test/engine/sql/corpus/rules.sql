CREATE RULE corpus_rule AS ON INSERT TO corpus_table DO ALSO (DELETE FROM corpus_other; DELETE FROM corpus_other WHERE true); SELECT 'one';
CREATE RULE corpus_quiet AS ON UPDATE TO corpus_table DO INSTEAD NOTHING; SELECT 'two';
CREATE SCHEMA corpus_schema CREATE TABLE t (a int) CREATE VIEW v AS SELECT a FROM t; SELECT 'three';
CREATE TRIGGER corpus_trigger BEFORE INSERT ON corpus_table FOR EACH ROW WHEN (NEW.id > 1) EXECUTE FUNCTION suppress_redundant_updates_trigger(); SELECT 'four';
COMMENT ON TABLE corpus_table IS 'a; b'; SELECT 'five';
GRANT SELECT ON corpus_table TO PUBLIC; EXPLAIN SELECT 1; VALUES (1), (2); TABLE corpus_table;
