SELECT 1+/* ; */2 *-- ; in an operator
  3;
SELECT 'a'||'b', -1, +1, 5!=4, 2<>-1, @-5, |/ 4, 1 <@ ANY ('{}'::int[]) IS NULL WHERE false; SELECT 'operators';
SELECT 1::text::int, '{1,2,3}'::int[], ('{1,2,3}'::int[])[1:2], (ARRAY[1, 2])[:2], (ARRAY[1, 2])[1:];
SELECT count(*) FILTER (WHERE a > 1) FROM generate_series(start => 1, stop => 3) AS s(a); SELECT make_interval(secs := 1);
SELECT größe, "größe;", 変数, a1$ FROM (SELECT 1, 2, 3, 4) AS t(größe, "größe;", 変数, a1$);
SELECT 0x1F, 0o17, 0b11, 1_000, 1e5, 1.5e-3, .5, 5., 1 a; SELECT 'numbers';
SELECT 1 AS select_1, t.* FROM (SELECT 1) AS t;
SELECT ((1)), (SELECT (2)), ROW(1, (2)); SELECT (';'), (SELECT $$;$$);
INSERT INTO corpus_table VALUES (1), (2), -- (3);
  (4);
WITH a AS (INSERT INTO corpus_table VALUES (5) RETURNING 1) SELECT * FROM a;
