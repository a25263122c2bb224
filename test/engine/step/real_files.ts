/** A migration as it stands in somebody's history: what it shows, and its text. */
export type RealFile = readonly [what: string, text: string];

const large = (line: (i: number) => string, bytes: number): string => {
  const lines: string[] = [];
  for (let [i, length] = [1, 0]; length < bytes; i++) {
    const one = line(i);
    lines.push(one);
    length += one.length + 1;
  }
  return lines.join("\n");
};

/** Each follows those before it. */
export const REAL_FILES: readonly RealFile[] = [
  ["only comments", "-- nothing yet\n/* neither /* here */ ; */\n"],
  ["an empty file", ""],
  ["no semicolon at the end", "CREATE TABLE first (a int, b text);\nINSERT INTO first VALUES (1, ';')"],
  [
    "its own BEGIN and COMMIT, with SETs around",
    "SET client_min_messages = warning;\nBEGIN;\nCREATE TABLE pair (a int);\nSAVEPOINT s;\nDROP TABLE first;\nROLLBACK TO s;\nCOMMIT;\nANALYZE pair;\n",
  ],
  ["START TRANSACTION and END", "START TRANSACTION;\nALTER TABLE pair ADD b int DEFAULT 5;\nEND;\n"],
  [
    "template marks and variables within strings",
    `CREATE TABLE words (a text DEFAULT '{{ a }} \${b} %(c)s');
INSERT INTO words VALUES ('{{ name }}'), (':name'), (':''name'''), ('\${name}'), (E'\\\\:name'), ($$:name {{ x }}$$);
INSERT INTO words SELECT a::text || ':b' FROM (VALUES ('x'::varchar(3))) v(a);
SELECT (ARRAY[1,2,3])[1:2], '12:30'::time;`,
  ],
  [
    "functions with BEGIN ATOMIC, and old ones",
    `CREATE FUNCTION atomic(a int) RETURNS int LANGUAGE sql BEGIN ATOMIC
  SELECT CASE WHEN a > 0 THEN 1 ELSE 2 END;
END;
CREATE OR REPLACE PROCEDURE fill(a int) BEGIN ATOMIC
  INSERT INTO pair VALUES (a); INSERT INTO pair VALUES (a + 1);
END;
CALL fill(7);
CREATE FUNCTION shorter(a int) RETURNS int RETURN a + 1;
CREATE FUNCTION old() RETURNS trigger AS $body$
BEGIN
  NEW.b := 'a;b'; -- $$ ; '
  RETURN NEW;
END;
$body$ LANGUAGE plpgsql;
CREATE TRIGGER old BEFORE INSERT ON first FOR EACH ROW EXECUTE PROCEDURE old();`,
  ],
  [
    "nested comments and odd quotes",
    `/* a /* b ; ' */ " */ CREATE TABLE "ta;ble" ("co""l" int /* ; */, "é" text -- ;'
);
INSERT INTO "ta;ble" VALUES (1, 'it''s ; fine '
  'so'), (2, U&'d\\0061t\\+000061'), (3, E'a\\'b\\n'), (4, $tag$ $$ ; $tag$);`,
  ],
  [
    "several schemas",
    `CREATE SCHEMA app AUTHORIZATION CURRENT_USER CREATE TABLE inner_one (a int);
CREATE SCHEMA IF NOT EXISTS "Odd Schema";
CREATE TABLE "Odd Schema".t (a int);` +
      "\nCREATE VIEW app.both AS SELECT a FROM app.inner_one UNION ALL SELECT a FROM \"Odd Schema\".t;\nCOMMENT ON SCHEMA app IS 'it''s';",
  ],
  [
    "extensions",
    "CREATE EXTENSION IF NOT EXISTS btree_gist;\nCREATE EXTENSION citext WITH SCHEMA app;\nCREATE TABLE booked (room int, during tsrange, who app.citext, EXCLUDE USING gist (room WITH =, during WITH &&));",
  ],
  [
    "SET LOCAL in its own transaction",
    'BEGIN;\nSET LOCAL search_path = app, public;\nCREATE TABLE in_app (a int);\nSET LOCAL search_path TO "Odd Schema";\nCREATE TABLE odd (a int);\nRESET search_path;\nCREATE TABLE in_public (a int);\nCOMMIT;',
  ],
  [
    "a plain SET, which ends with the file",
    "SET search_path = app;\nSET TIME ZONE 'America/New_York';\nCREATE TABLE also_app (at timestamptz DEFAULT '2024-01-01 00:00');\nINSERT INTO also_app DEFAULT VALUES;",
  ],
  [
    "a file after it",
    "CREATE TABLE not_app (at timestamptz);\nINSERT INTO not_app VALUES ('2024-06-01 00:00');",
  ],
  [
    "temporary tables",
    "CREATE TEMP TABLE scratch AS SELECT g AS a FROM generate_series(1, 5) g;\nINSERT INTO pair SELECT a FROM scratch;\nCREATE TEMPORARY TABLE pair2 (a int) ON COMMIT DROP;",
  ],
  ["the same again", "CREATE TEMP TABLE scratch (b int);\nDROP TABLE scratch;"],
  [
    "200 kB of statements",
    `CREATE TABLE big (a int, b text);\n${large((i) => `INSERT INTO big VALUES (${i}, 'row ${i} of it; with ''quotes''');`, 200_000)}`,
  ],
  [
    "one statement of 200 kB",
    `INSERT INTO big VALUES\n${large((i) => `(${i}, 'é'),`, 200_000).replace(/,$/, ";")}`,
  ],
  [
    "psql's harmless commands",
    "\\set ON_ERROR_STOP on\n\\timing on\n\\timing off\n\\restrict abc\nCREATE TABLE restricted (a int);\n\\unrestrict abc\n",
  ],
  [
    "COPY with all that text can hold",
    "CREATE TABLE copied (a int, b text, c text);\nCOPY copied (a, b, c) FROM stdin;\n1\ta\\tb\\\\c\\nd\t\\N\n2\té 😀 漢\t\n3\t\\x41\\101\tx\n4\t;'\"$$/*--\t\\\\.\n5\t  \t{{ x }} $1 :y\n\\.\n\n\nINSERT INTO copied VALUES (6, 'after', NULL);",
  ],
  ["COPY into a table without rows", "CREATE TABLE none (a int);\nCOPY public.none FROM stdin;\n\\.\n"],
  [
    "COPY as CSV, with quoted line ends",
    "COPY copied FROM stdin WITH (FORMAT csv, HEADER true, NULL '-');\na,b,c\n7,\"a\n\n\"\"b\"\";\",-\n8,,\"-\"\n9,\"COPY x FROM stdin;\nSELECT 1;\",c\n\\.\nCOPY copied (a, b) FROM STDIN DELIMITER '|' CSV QUOTE '''';\n10|'a|\n'''\n\\.\n",
  ],
  [
    "COPY with a delimiter of its own, comments, other cases and a condition",
    "copy /* c */ copied (b, a) -- d\n  From\n  StdIn with (delimiter '|', null '') where a < 13; -- rows\nx|11\n|12\ny|13\n\\.\n",
  ],
  [
    "COPY within its own transaction, where constraints and triggers act",
    "BEGIN;\nCREATE TABLE parent (id int PRIMARY KEY);\nCREATE TABLE child (id int REFERENCES parent DEFERRABLE INITIALLY DEFERRED, up text GENERATED ALWAYS AS (upper(id::text)) STORED);\nCOPY child (id) FROM stdin;\n1\n2\n\\.\nCOPY parent FROM stdin;\n1\n2\n\\.\nCOPY first FROM stdin;\n1\tx\n\\.\nCOMMIT;\n",
  ],
  [
    "COPY into partitions, and 200 kB of rows",
    `CREATE TABLE parts (a int, b text) PARTITION BY RANGE (a);
CREATE TABLE parts_1 PARTITION OF parts FOR VALUES FROM (0) TO (1000);
CREATE TABLE parts_2 PARTITION OF parts DEFAULT;
COPY parts FROM stdin;\n${large((i) => `${i}\trow ${i}: é 😀\\n\t`.slice(0, -1), 200_000)}\n\\.\nCREATE INDEX ON parts (a);`,
  ],
  [
    "COPY with the line ends of Windows",
    "COPY none FROM stdin;\r\n1\r\n2\r\n\\.\r\nINSERT INTO none VALUES (3);\r\n",
  ],
  [
    "COPY as text of another statement",
    "DO $$ BEGIN\nPERFORM 'COPY none FROM stdin;';\nEND $$;\nINSERT INTO words VALUES ('\nCOPY none FROM stdin;\n1\n\\.\n');\n-- COPY none FROM stdin;\n/*\nCOPY none FROM stdin;\n*/\nCREATE FUNCTION says() RETURNS text LANGUAGE sql AS 'SELECT ''COPY none FROM stdin;''';",
  ],
];
