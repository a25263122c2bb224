import { describe, expect, test } from "vitest";
import { read, refused, sent } from "../../support/read_script.ts";

describe("one outer pair is taken off", () => {
  test.each([
    ["BEGIN; SELECT 1; COMMIT;", ["SELECT 1"]],
    ["start transaction; SELECT 1; end", ["SELECT 1"]],
    ["BEGIN WORK; SELECT 1; COMMIT WORK; -- done", ["SELECT 1"]],
    ["BEGIN; COMMIT;", []],
    ["BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE; SELECT 1; COMMIT", ["SELECT 1"]],
    ["SET search_path = a; BEGIN; SELECT 1; COMMIT", ["SET search_path = a", "SELECT 1"]],
    [
      "BEGIN; SELECT 1; COMMIT; ANALYZE a; SELECT 2; NOTIFY b",
      ["SELECT 1", "ANALYZE a", "SELECT 2", "NOTIFY b"],
    ],
    ["BEGIN; SAVEPOINT a; ROLLBACK TO a; RELEASE a; COMMIT", ["SAVEPOINT a", "ROLLBACK TO a", "RELEASE a"]],
    ["\\set ON_ERROR_STOP on\nBEGIN; SELECT 1; COMMIT;", ["SELECT 1"]],
  ])("%s", (text, statements) => {
    expect(sent(text)).toEqual(statements);
    expect(sent(text, "rollback")).toEqual(statements);
  });

  test("a verification's may end with ROLLBACK", () => {
    expect(sent("BEGIN READ ONLY; SELECT 1; ROLLBACK;", "verify")).toEqual(["SELECT 1"]);
    expect(sent("BEGIN; SELECT 1; COMMIT;", "verify")).toEqual(["SELECT 1"]);
    expect(refused("BEGIN; SELECT 1; ROLLBACK;")).toEqual([
      "1:1 transaction-control",
      "1:18 transaction-control",
    ]);
  });
});

describe("any other transaction control is refused", () => {
  test.each([
    ["COMMIT", ["1:1"]],
    ["END", ["1:1"]],
    ["SELECT 1;\n  COMMIT AND CHAIN;", ["2:3"]],
    ["ROLLBACK", ["1:1"]],
    ["ABORT", ["1:1"]],
    ["ROLLBACK AND CHAIN", ["1:1"]],
    ["BEGIN; SELECT 1", ["1:1"]],
    ["BEGIN; SELECT 1; COMMIT AND CHAIN", ["1:1", "1:18"]],
    ["BEGIN; BEGIN; COMMIT", ["1:1", "1:8", "1:15"]],
    ["BEGIN; COMMIT; COMMIT", ["1:16"]],
    ["BEGIN; SELECT 1; COMMIT;\nBEGIN; SELECT 2; COMMIT;", ["2:1"]],
    ["COMMIT; BEGIN", ["1:1", "1:9"]],
    ["PREPARE TRANSACTION 'a'", ["1:1"]],
    ["COMMIT PREPARED 'a'", ["1:1"]],
    ["ROLLBACK PREPARED 'a'", ["1:1"]],
    ["CREATE TABLE a (); BEGIN; SELECT 1; COMMIT", ["1:1"]],
    ["BEGIN; SELECT 1; COMMIT; DROP TABLE a; DROP TABLE b", ["1:26", "1:40"]],
    ["ROLLBACK TO a", ["1:1"]],
    ["SAVEPOINT a; RELEASE a; ROLLBACK TO a", ["1:25"]],
    ["SAVEPOINT a; SAVEPOINT b; ROLLBACK TO a; RELEASE b", ["1:42"]],
  ])("%s", (text, places) => {
    expect(refused(text)).toEqual(places.map((place) => `${place} transaction-control`));
  });

  test("a COMMIT that an open quote swallowed is not missed", () => {
    expect(refused("BEGIN;\nSELECT 'a;\nCOMMIT;")).toEqual(["2:8 unterminated"]);
  });

  test("two pairs in a verification", () => {
    expect(refused("BEGIN; SELECT 1; ROLLBACK; BEGIN; ROLLBACK", "verify")).toEqual([
      "1:28 transaction-control",
    ]);
  });

  test("an isolation level of its own", () => {
    expect(refused("BEGIN ISOLATION LEVEL SERIALIZABLE; COMMIT")).toEqual(["1:7 isolation-level"]);
    expect(refused("BEGIN ISOLATION LEVEL REPEATABLE READ; COMMIT", "verify")).toEqual([
      "1:7 isolation-level",
    ]);
    expect(refused("BEGIN READ ONLY; COMMIT")).toEqual(["1:7 isolation-level"]);
    expect(read("BEGIN ISOLATION LEVEL SERIALIZABLE; COMMIT").faults[0]?.remedy).toContain("READ COMMITTED");
  });
});
