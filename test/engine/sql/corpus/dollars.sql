DO $$ BEGIN PERFORM 1; PERFORM 2; END $$;
DO $do$ BEGIN EXECUTE $$SELECT 1; SELECT '$do'$$; END $do$;
SELECT $$;$$, $a$;$$;$a$, $A$;$a$;$A$;
SELECT $é_1$;$é$;$é_1$;
SELECT $$ -- ; $$ AS a, $b$ /* ; ' " $b$ AS b;
PREPARE p(int, int) AS SELECT $1, $2+$1; DEALLOCATE p;
SELECT a$b$ FROM (SELECT 1) AS c(a$b$); SELECT 'a$b$ opened nothing';
SELECT $q$
$Q$ ; $q $
$q$;
CREATE FUNCTION corpus_dollar() RETURNS int LANGUAGE plpgsql AS $body$
DECLARE
  found int := 0; -- ; $$ '
BEGIN
  /* $body */ found := found + 1;
  RETURN found;
END;
$body$;
