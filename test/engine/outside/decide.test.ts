import { describe, expect, test } from "vitest";
import { type Decision, decide, shows } from "#engine/outside/decide.ts";
import type { Found, FoundIndex, RebuiltIndex } from "#engine/outside/found.ts";
import { type Effect, effectOf } from "#engine/sql/effect.ts";
import { loadParser, parseStatement } from "#engine/sql/parse.ts";

await loadParser();

function effect(sql: string): Effect {
  const parsed = parseStatement(sql);
  const found = parsed.kind === "statement" ? effectOf(parsed.type, parsed.tree) : null;
  if (found === null) throw new Error(`no effect: ${sql}`);
  return found;
}

const RUN: Decision = { kind: "run", repair: [], instead: null };
const DONE: Decision = { kind: "done" };

describe("CREATE INDEX CONCURRENTLY", () => {
  const create = effect("CREATE INDEX CONCURRENTLY i ON s.t (a)");
  const tolerant = effect("CREATE INDEX CONCURRENTLY IF NOT EXISTS i ON s.t (a)");
  const index = (more: Partial<FoundIndex> = {}): FoundIndex => ({
    oid: "10",
    schema: "s",
    name: "i",
    relkind: "i",
    valid: true,
    on_table: true,
    text: "CREATE INDEX i ON s.t USING btree (a)",
    definition: {
      method: "btree",
      unique: false,
      nulls_not_distinct: false,
      keys: [{ column: "a", descending: false, nulls_first: false }],
      included: [],
      predicate: false,
    },
    ...more,
  });
  const found = (of: FoundIndex | null, busy: readonly number[] = []): Found => ({
    kind: "create-index",
    index: of,
    busy,
  });
  const invalid = index({ valid: false });
  const rebuild = { kind: "run", repair: ['DROP INDEX CONCURRENTLY "s"."i"'], instead: null };

  test.each<[string, Found, Found | null, Decision | object]>([
    ["absent: run", found(null), null, RUN],
    ["absent, begun before: run", found(null), found(null), RUN],
    ["INVALID: drop and build again", found(invalid), null, rebuild],
    ["INVALID, begun before: the same", found(invalid), found(null), rebuild],
    ["INVALID while somebody builds it: wait", found(invalid, [7]), found(null), { kind: "wait", pids: [7] }],
    ["valid since we began: done", found(index()), found(null), DONE],
    ["valid in place of an INVALID one: done", found(index({ oid: "11" })), found(invalid), DONE],
    ["valid before we began: the server tells", found(index()), null, RUN],
    ["the same one still: the server tells", found(index()), found(index()), RUN],
  ])("%s", (_, now, before, decision) => {
    expect(decide(create, now, before)).toEqual(decision);
  });

  test("IF NOT EXISTS takes a valid one that was there, and never an INVALID one", () => {
    expect(decide(tolerant, found(index()), null)).toEqual(DONE);
    expect(decide(tolerant, found(invalid), null)).toEqual(rebuild);
  });

  test.each<[string, Partial<FoundIndex>]>([
    ["another table", { on_table: false }],
    ["a partitioned index", { relkind: "I", valid: false }],
    [
      "another column",
      {
        definition: { ...index().definition, keys: [{ column: "b", descending: false, nulls_first: false }] },
      },
    ],
    [
      "another order",
      { definition: { ...index().definition, keys: [{ column: "a", descending: true, nulls_first: true }] } },
    ],
    [
      "an expression",
      {
        definition: {
          ...index().definition,
          keys: [{ column: null, descending: false, nulls_first: false }],
        },
      },
    ],
    [
      "a column more",
      {
        definition: { ...index().definition, keys: [...index().definition.keys, ...index().definition.keys] },
      },
    ],
    ["an included column", { definition: { ...index().definition, included: ["b"] } }],
    ["uniqueness", { definition: { ...index().definition, unique: true } }],
    ["NULLS NOT DISTINCT", { definition: { ...index().definition, nulls_not_distinct: true } }],
    ["a predicate", { definition: { ...index().definition, predicate: true } }],
    ["another method", { definition: { ...index().definition, method: "hash" } }],
  ])("one that differs by %s is refused, and named", (_, more) => {
    const decision = decide(create, found(index(more)), found(null));
    expect(decision.kind).toBe("refuse");
    expect(decision).toMatchObject({ message: expect.stringContaining("CREATE INDEX i ON s.t") });
    expect(shows(create, found(index(more)), found(null))).toBe(false);
  });

  test("only a valid one shows the effect", () => {
    expect(shows(create, found(index()), found(null))).toBe(true);
    expect(shows(create, found(invalid), found(null))).toBe(false);
    expect(shows(create, found(null), found(null))).toBe(false);
  });

  test("order and nulls are read as the server means them", () => {
    const sql =
      "CREATE UNIQUE INDEX CONCURRENTLY i ON t USING btree (a DESC, lower(b) NULLS FIRST) INCLUDE (c) NULLS NOT DISTINCT WHERE d";
    expect(effect(sql)).toMatchObject({
      definition: {
        unique: true,
        nulls_not_distinct: true,
        keys: [
          { column: "a", descending: true, nulls_first: true },
          { column: null, descending: false, nulls_first: true },
        ],
        included: ["c"],
        predicate: true,
      },
    });
  });
});

describe("REINDEX CONCURRENTLY", () => {
  const table = effect("REINDEX TABLE CONCURRENTLY s.t");
  const index = (name: string, oid: string, more: Partial<RebuiltIndex> = {}): RebuiltIndex => ({
    oid,
    schema: "s",
    name,
    valid: true,
    exclusion: false,
    ...more,
  });
  const found = (indexes: readonly RebuiltIndex[], busy: readonly number[] = []): Found => ({
    kind: "reindex",
    indexes,
    busy,
  });
  const before = found([index("a", "1"), index("b", "2"), index("x", "3", { exclusion: true })]);
  const left = index("a_ccnew", "9", { valid: false });
  const repair = ['DROP INDEX CONCURRENTLY "s"."a_ccnew"'];

  test.each<[string, Found, Found | null, Decision | object]>([
    ["not begun: run", before, null, RUN],
    ["begun, nothing changed: run", before, before, RUN],
    ["one of two is another: run", found([index("a", "4"), index("b", "2")]), before, RUN],
    ["both are others: done", found([index("a", "4"), index("b", "5"), index("x", "3")]), before, DONE],
    [
      "a leftover: drop it first",
      found([index("a", "4"), index("b", "5"), left]),
      before,
      { ...RUN, repair },
    ],
    ["a leftover of another run: drop it too", found([index("a", "1"), left]), null, { ...RUN, repair }],
    [
      "a leftover being built: wait",
      found([index("a", "1"), left], [7]),
      before,
      { kind: "wait", pids: [7] },
    ],
    [
      "an INVALID one that was not touched by it: done",
      found([index("a", "4"), index("b", "2", { valid: false })]),
      found([index("a", "1"), index("b", "2", { valid: false })]),
      DONE,
    ],
  ])("%s", (_, now, was, decision) => {
    expect(decide(table, now, was)).toEqual(decision);
  });

  test("of one INVALID index: done when another, valid one is in its place", () => {
    const one = effect("REINDEX INDEX CONCURRENTLY s.a");
    const was = found([index("a", "1", { valid: false })]);
    expect(decide(one, was, was)).toEqual(RUN);
    expect(decide(one, found([index("a", "2")]), was)).toEqual(DONE);
  });

  test("the effect shows when all are others and nothing is left over", () => {
    expect(shows(table, found([index("a", "4"), index("b", "5")]), before)).toBe(true);
    expect(shows(table, found([index("a", "4"), index("b", "5"), left]), before)).toBe(false);
    expect(shows(table, before, before)).toBe(false);
    expect(shows(table, found([]), found([]))).toBe(true);
  });
});

describe("DETACH PARTITION CONCURRENTLY", () => {
  const detach = effect("ALTER TABLE p DETACH PARTITION s.c CONCURRENTLY");
  const found = (state: "attached" | "pending" | "detached", busy: readonly number[] = []): Found => ({
    kind: "detach",
    state,
    busy,
  });
  const finalize = { ...RUN, instead: 'ALTER TABLE "p" DETACH PARTITION "s"."c" FINALIZE' };

  test.each<[string, Found, Found | null, Decision | object]>([
    ["attached: run", found("attached"), null, RUN],
    ["pending: finalize", found("pending"), found("attached"), finalize],
    ["pending by another: finalize all the same", found("pending"), null, finalize],
    ["pending while somebody waits there: wait", found("pending", [7]), null, { kind: "wait", pids: [7] }],
    ["detached since we began: done", found("detached"), found("attached"), DONE],
    ["detached by our second try: done", found("detached"), found("pending"), DONE],
    ["never attached: the server tells", found("detached"), null, RUN],
    ["never attached, begun: the server tells", found("detached"), found("detached"), RUN],
  ])("%s", (_, now, before, decision) => {
    expect(decide(detach, now, before)).toEqual(decision);
  });

  test("only a detached one shows the effect", () => {
    expect(shows(detach, found("detached"), found("attached"))).toBe(true);
    expect(shows(detach, found("pending"), found("attached"))).toBe(false);
  });
});

describe("what is there or is not", () => {
  const found = (present: boolean): Found => ({ kind: "presence", present, schema: null });

  test.each([
    ["ALTER TYPE e ADD VALUE 'x'", true, false],
    ["ALTER TYPE e ADD VALUE IF NOT EXISTS 'x'", true, true],
    ["DROP INDEX CONCURRENTLY i", false, false],
    ["DROP INDEX CONCURRENTLY IF EXISTS i", false, true],
    ["CREATE DATABASE d", true, false],
    ["DROP DATABASE IF EXISTS d", false, true],
    ["CREATE TABLESPACE d LOCATION '/d'", true, false],
    ["DROP TABLESPACE d", false, false],
    ["CREATE SUBSCRIPTION s CONNECTION '' PUBLICATION p", true, false],
    ["DROP SUBSCRIPTION s", false, false],
  ])("%s", (sql, made, tolerant) => {
    const of = effect(sql);
    expect(decide(of, found(!made), null)).toEqual(RUN);
    expect(decide(of, found(!made), found(!made))).toEqual(RUN);
    expect(decide(of, found(made), null)).toEqual(tolerant ? DONE : RUN);
    expect(decide(of, found(made), found(made))).toEqual(tolerant ? DONE : RUN);
    expect(decide(of, found(made), found(!made))).toEqual(DONE);
    expect([shows(of, found(made), found(!made)), shows(of, found(!made), found(!made))]).toEqual([
      true,
      false,
    ]);
  });
});
