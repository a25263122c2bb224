-- Text in quotes, and what only looks like its end.
SELECT ';', 'it''s;', '';
SELECT 'a backslash is a letter \', 'here;';
SELECT E'an escaped quote \';', e'and a backslash \\';
SELECT 'over
; two lines';
SELECT 'in two ;'
  'parts;';
SELECT E'in two \';'

  ' parts \';';
SELECT U&'\0061;' UESCAPE '!', U&'d!0061t!+000061;' UESCAPE '!';
SELECT U&"d\0061;ta" FROM (SELECT 1 AS "da;ta") AS t("d;ata", "da;ta2") WHERE false; SELECT 'after';
SELECT B'101', b'1;'::text IS NULL, X'1F', N'national;';
SELECT type'\' FROM (SELECT 1) AS t(type);
SELECT ";", """;" FROM (SELECT 1 AS ";", 2 AS """;") t;
SELECT 'é;', '😀;', E'\u00e9;';
SELECT 1 -- no semicolon at the end
