import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { onServer } from "../support/database.ts";
import { createLeastRoles, type LeastRoles } from "../support/least_roles.ts";
import { PASSES_READ_ONLY, TOOLS, tamperings, WAYS } from "./tampering_corpus.ts";
import {
  expectStillWorking,
  openTamperer,
  type Tamperer,
  tamper,
  tamperByRollback,
  tamperByVerification,
} from "./tampering_try.ts";

// As in test/storm/tampering.test.ts.
vi.mock("#engine/script/script.ts", async (original) => ({
  ...(await original<typeof import("#engine/script/script.ts")>()),
  readScript: (await import("../engine/step/unchecked_script.ts")).uncheckedScript,
}));

/** What a superuser alone may make is the last way. */
const ways = WAYS.slice(0, -1);
/** The whole corpus in the long form, else a third of it for each history. */
const long = process.env.PAWS_STORM === "long";
/** The names of roles and schemas are known later. */
const cases = tamperings("ops", "somebody", "app").map(({ sql, superuser }, i) => {
  const [way, wrap] = ways[i % ways.length] ?? ways[0] ?? ["", (text: string) => text];
  return { i, way, wrap, sql, superuser };
});

describe.each([
  { whose: "its owner's history", handed_over: false },
  { whose: "a history that was handed over", handed_over: true },
])("the job's login, with $whose", ({ handed_over }) => {
  let roles: LeastRoles;
  let tamperer: Tamperer;
  beforeAll(async () => {
    tamperer = await openTamperer(
      "tampering least",
      async (db) => {
        roles = await createLeastRoles(db);
        await onServer(`ALTER DATABASE ${db.name} SET search_path = ${roles.schema}`);
        return { role: roles.job, options: { history_schema: roles.history_schema, role: roles.owner } };
      },
      { "001_tools.sql": TOOLS },
    );
    if (handed_over) await roles.handOver();
  });
  afterAll(async () => {
    await tamperer.db.drop();
    await roles.drop();
  });

  const spelled = (i: number): string =>
    tamperings(roles.history_schema, roles.reader.name, roles.schema)[i]?.sql ?? "";
  /** Whoever is not the owner grants and revokes nothing, which is a warning and no error. */
  const mine = cases.filter(
    ({ i, sql }) => (long || i % 3 === Number(handed_over)) && !(handed_over && /^(GRANT|REVOKE)/.test(sql)),
  );

  it.each(mine)("by $way: $sql", async ({ i, wrap, superuser }) => {
    const error = await tamper(tamperer, wrap(spelled(i)));
    if (error?.code === "sql-error") {
      // Where the owner's own privileges reach, the guards are what stops it.
      expect(superuser || handed_over).toBe(true);
      expect(error.sqlstate, error.message).toBe("42501");
    } else expect(error?.code, error?.message).toBe("own-tables-touched");
  });

  it.each(mine.filter((_, n) => long || n % 5 === 0))("by a rollback: $sql", async ({ i }) => {
    const error = await tamperByRollback(tamperer, spelled(i));
    expect(error?.code, error?.message).toMatch(/^(own-tables-touched|sql-error)$/);
  });

  it.each(mine.filter(({ sql }, n) => (long || n % 5 === 1) && !PASSES_READ_ONLY.test(sql)))(
    "by a verification: $sql",
    async ({ i }) => {
      const error = await tamperByVerification(tamperer, `SELECT 'PASS' AS status; ${spelled(i)}`);
      expect(error?.code, error?.message).toMatch(/^(verification-(wrote|error)|own-tables-touched)$/);
    },
  );

  it(`what is ${handed_over ? "refused by the server" : "caught by the guards alone"}`, async () => {
    const H = `${roles.history_schema}.schema_migrations`;
    for (const sql of [`DROP TABLE ${H} CASCADE`, `UPDATE ${H} SET checksum = ''`, `TRUNCATE ${H}`]) {
      const error = await tamper(tamperer, sql);
      expect([error?.code, error?.sqlstate], sql).toEqual(
        handed_over ? ["sql-error", "42501"] : ["own-tables-touched", null],
      );
    }
    // What the job must be able to do itself, a script of it can too.
    expect((await tamper(tamperer, `DELETE FROM ${H}`))?.code).toBe("own-tables-touched");
  });

  it("goes on after each of them", () => expectStillWorking(tamperer));
});
