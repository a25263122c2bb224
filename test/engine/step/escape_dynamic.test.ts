import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { expectFailure, openStage, type Stage } from "./attempt.ts";
import { marked } from "./marked.ts";

let stage: Stage;
beforeAll(async () => {
  stage = await openStage("escape dynamic", {
    "001_base.sql": `CREATE TABLE base (a int);
      CREATE PROCEDURE commits() LANGUAGE plpgsql AS $$ BEGIN INSERT INTO base VALUES (1); COMMIT; END $$;
      CREATE PROCEDURE rolls_back() LANGUAGE plpgsql AS $$ BEGIN ROLLBACK; END $$;
      CREATE FUNCTION fires() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN CALL commits(); RETURN NULL; END $$;
      CREATE TRIGGER fires AFTER DELETE ON base FOR EACH STATEMENT EXECUTE FUNCTION fires()`,
  });
});
afterAll(() => stage.db.drop());

type Row = [source: string, sqlstate: string];
// No routine can end the transaction it is called in; read as any other file is.
const attempts: Row[] = [
  ["SELECT 1;\nDO $$ BEGIN\n  INSERT INTO base VALUES (1);\n  ¦COMMIT;\nEND $$", "2D000"],
  ["DO $$ BEGIN\n  ¦ROLLBACK;\nEND $$", "2D000"],
  ["DO $$ BEGIN\n  ¦COMMIT AND CHAIN;\nEND $$", "2D000"],
  ["INSERT INTO base VALUES (1); ¦CALL commits()", "2D000"],
  ["SELECT 'é';\n ¦CALL rolls_back()", "2D000"],
  ["DO $$ BEGIN\n  ¦CALL commits();\nEND $$", "2D000"],
  ["INSERT INTO base VALUES (1);\n¦DELETE FROM base", "2D000"],
  ["DO $$ BEGIN\n  ¦EXECUTE 'COMMIT';\nEND $$", "0A000"],
  ["DO $$ BEGIN\n  ¦EXECUTE 'PREPARE TRANSACTION ''x''';\nEND $$", "0A000"],
  ["DO $$ BEGIN\n  ¦EXECUTE 'SAVEPOINT x';\nEND $$", "0A000"],
  ["DO $$ BEGIN\n  ¦EXECUTE 'DISCARD ALL';\nEND $$", "25001"],
  ["DO $$ BEGIN\n  ¦EXECUTE 'SET TRANSACTION ISOLATION LEVEL SERIALIZABLE';\nEND $$", "25001"],
  ["DO $$ BEGIN\n  ¦EXECUTE 'CREATE INDEX CONCURRENTLY ON base (a)';\nEND $$", "25001"],
  ["DO $$ BEGIN\n  ¦EXECUTE 'ALTER SYSTEM SET work_mem = 1';\nEND $$", "25001"],
];

describe("a routine that would end the job's transaction", () => {
  it.each(attempts)("%s", async (source, sqlstate) => {
    const { text, line, column } = marked(source);
    const report = await expectFailure(stage, { sql: text, code: "sql-error", sqlstate });
    expect(report.error).toMatchObject({ line, column });
    expect(report.error?.file).toMatch(/_step\.sql$/);
  });
});
