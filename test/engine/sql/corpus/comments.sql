/* before; /* nested; */ still; */ SELECT /* in /* ; */ ; */ 1 /* after; */;
;; -- empty statements;
SELECT 1 -- ; one
  + 2; -- SELECT 3;
/* /* */ ; ' " $$ */ SELECT '/* no comment', '*/';
SELECT '-- no comment;'; SELECT "/* ;" FROM (SELECT 1 AS "/* ;") t;
SELECT 1 /**/; SELECT 2 /***/; SELECT 3 /*/**/*/;
SELECT 4 --
;
--;
/* the end; */
