import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { MigrationFault } from "#engine/errors.ts";
import { databaseName, resolveTarget } from "#io/environment.ts";
import type { Environment, TargetOptions } from "#io/target_sources.ts";

const LIMITS = { statement_timeout_ms: 0, allow_session_pooler: false };
let folder: string;
let nothing: Environment;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "environment-"));
  // No password file of whoever runs the tests.
  nothing = { PGPASSFILE: join(folder, "none") };
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function resolve(options: TargetOptions, env: Environment = {}) {
  const learnt: string[] = [];
  const { settings, warnings, notes } = resolveTarget(options, { ...nothing, ...env }, LIMITS, (password) =>
    learnt.push(password),
  );
  const { host, port, database, user, sslmode, ca } = settings;
  const target = `${user}:${await settings.password()}@${host}:${port}/${database}`;
  return { target, sslmode, ca, notes, learnt, warnings: warnings.map(({ code }) => code) };
}

function faultsOf(options: TargetOptions, env: Environment = {}): readonly string[] {
  try {
    resolveTarget(options, { ...nothing, ...env }, LIMITS, () => {});
  } catch (error) {
    if (error instanceof MigrationFault)
      return error.faults.map(({ code, message }) => `${code}: ${message}`);
    throw error;
  }
  return [];
}

const SEED = {
  DB_HOST: "seed",
  DB_PORT: "1001",
  DB_NAME: "seeddb",
  DB_USER: "seeduser",
  DB_PASSWORD: "seedpw",
};
const LIBPQ = { PGHOST: "pg", PGPORT: "1003", PGDATABASE: "pgdb", PGUSER: "pguser", PGPASSWORD: "pgpw" };
const URL_ = { DATABASE_URL: "postgres://urluser:urlpw@url:1002/urldb" };

describe("the order", () => {
  it("ends at the seed's defaults", async () => {
    expect(await resolve({})).toMatchObject({
      target: "paws360_admin:null@localhost:5432/paws360",
      sslmode: "prefer",
      ca: null,
      notes: [],
    });
  });

  it("has libpq's variables above them, part by part", async () => {
    expect((await resolve({}, LIBPQ)).target).toBe("pguser:pgpw@pg:1003/pgdb");
    expect((await resolve({}, { PGHOST: "pg" })).target).toBe("paws360_admin:null@pg:5432/paws360");
  });

  it("has the seed's variables above libpq's, part by part", async () => {
    expect((await resolve({}, { ...LIBPQ, ...SEED })).target).toBe("seeduser:seedpw@seed:1001/seeddb");
    expect((await resolve({}, { ...LIBPQ, DB_HOST: "seed" })).target).toBe("pguser:pgpw@seed:1003/pgdb");
  });

  it("has options above everything, part by part", async () => {
    const given = { host: "own", port: "1000", dbname: "owndb", user: "ownuser" };
    expect((await resolve(given, { ...LIBPQ, ...SEED })).target).toBe("ownuser:seedpw@own:1000/owndb");
    expect((await resolve({ dbname: "owndb" }, SEED)).target).toBe("seeduser:seedpw@seed:1001/owndb");
  });

  it("takes a variable that is set to nothing for none", async () => {
    expect((await resolve({}, { DB_HOST: "", PGHOST: "pg", DATABASE_URL: "" })).target).toContain("@pg:");
  });
});

describe("a URL", () => {
  it("stands for everything at once: no DB_PASSWORD goes to its host", async () => {
    expect((await resolve({}, { ...URL_, DB_PASSWORD: "seedpw" })).target).toBe(
      "urluser:urlpw@url:1002/urldb",
    );
    const bare = { DATABASE_URL: "postgres://urluser@url/urldb", DB_PASSWORD: "seedpw" };
    expect((await resolve({}, bare)).target).toBe("urluser:null@url:5432/urldb");
    expect((await resolve({}, { ...bare, PGPASSWORD: "pgpw" })).target).toBe("urluser:pgpw@url:5432/urldb");
  });

  it("of the environment gives way to the seed's names as a whole", async () => {
    expect((await resolve({}, { ...URL_, DB_HOST: "seed" })).target).toBe(
      "paws360_admin:null@seed:5432/paws360",
    );
  });

  it("given as an option beats all of the environment", async () => {
    const given = { databaseUrl: "postgres://me@mine/db" };
    expect((await resolve(given, { ...URL_, ...SEED })).target).toBe("me:null@mine:5432/db");
  });

  it("gives single parts to options, but its password to no other host or user", async () => {
    expect((await resolve({ dbname: "own" }, URL_)).target).toBe("urluser:urlpw@url:1002/own");
    expect((await resolve({ port: "1" }, URL_)).target).toBe("urluser:urlpw@url:1/urldb");
    expect((await resolve({ host: "url" }, URL_)).target).toBe("urluser:urlpw@url:1002/urldb");
    const moved = await resolve({ host: "other" }, URL_);
    expect(moved.target).toBe("urluser:null@other:1002/urldb");
    expect(moved.notes.join()).toContain("The password in DATABASE_URL is not used");
    expect((await resolve({ user: "other" }, URL_)).target).toBe("other:null@url:1002/urldb");
  });

  it("given as an option stands alone", () => {
    expect(faultsOf({ databaseUrl: "postgres://mine/db", host: "own", port: "1" })).toEqual([
      "bad-argument: --database-url and --host cannot be given together.",
      "bad-argument: --database-url and --port cannot be given together.",
    ]);
  });

  it("that cannot be read is an error only where it counts", () => {
    expect(faultsOf({}, { DATABASE_URL: "nonsense" })).toHaveLength(1);
    expect(faultsOf({}, { DATABASE_URL: "nonsense", DB_HOST: "seed" })).toEqual([]);
    expect(faultsOf({ databaseUrl: "nonsense" })[0]).toContain("--database-url is no connection URL");
  });

  it("brings its sslmode along", async () => {
    const env = { DATABASE_URL: "postgres://url/db?sslmode=require", PGSSLMODE: "disable" };
    expect((await resolve({}, env)).sslmode).toBe("require");
    expect((await resolve({ sslmode: "verify-full" }, env)).sslmode).toBe("verify-full");
    expect((await resolve({}, { PGSSLMODE: "disable" })).sslmode).toBe("disable");
  });
});

describe("passwords", () => {
  it("come from the password file last", async () => {
    const file = join(folder, "pgpass");
    writeFileSync(file, "db:*:*:ann:filepw\n", { mode: 0o600 });
    const env = { PGPASSFILE: file, DB_HOST: "db", DB_USER: "ann" };
    const found = await resolve({}, env);
    expect(found.target).toContain("ann:filepw@db");
    expect(found.learnt).toContain("filepw");
    expect((await resolve({}, { ...env, PGPASSWORD: "pgpw" })).target).toContain("ann:pgpw@db");
  });

  it("in a URL in the arguments draw a warning, and nowhere else", async () => {
    expect((await resolve({ databaseUrl: "postgres://u:planted@h/d" })).warnings).toEqual([
      "password-in-argv",
    ]);
    expect((await resolve({ databaseUrl: "postgres://u@h/d" }, { PGPASSWORD: "x" })).warnings).toEqual([]);
    expect((await resolve({}, URL_)).warnings).toEqual([]);
  });

  it("are all learnt, also those that are not used", async () => {
    expect((await resolve({}, { ...URL_, ...SEED, ...LIBPQ })).learnt.toSorted()).toEqual([
      "pgpw",
      "seedpw",
      "urlpw",
    ]);
  });

  it("are in no note", async () => {
    const { notes } = await resolve(
      { databaseUrl: "postgres://me:argpw@mine/db" },
      { ...URL_, ...SEED, ...LIBPQ },
    );
    expect(notes.join("\n")).toContain("host is mine (--database-url)");
    expect(notes.join("\n")).not.toMatch(/argpw|urlpw|seedpw|pgpw/);
  });
});

it("tells what two sources disagree about", async () => {
  const { notes } = await resolve(
    {},
    { DB_HOST: "seed", PGHOST: "pg", DATABASE_URL: "postgres://url/db", PGUSER: "x" },
  );
  expect(notes).toEqual([
    "host is seed (DB_HOST); PGHOST says pg, DATABASE_URL says url.",
    "database is paws360 (the default); DATABASE_URL says db.",
  ]);
  expect((await resolve({}, { DB_HOST: "same", PGHOST: "same" })).notes).toEqual([]);
});

it("names the option or variable of every value that cannot be used, all at once", () => {
  expect(faultsOf({ port: "0", host: "" }, { PGSSLMODE: "verify-ca" })).toEqual([
    "bad-argument: --host is empty.",
    'bad-argument: --port has the port "0"; wanted 1 to 65535.',
    'bad-argument: PGSSLMODE has the sslmode "verify-ca"; wanted disable, prefer, require, verify-full.',
  ]);
  for (const port of ["65536", "5432x", "-1", "1e3", " "]) {
    expect(faultsOf({}, { DB_PORT: port })[0]).toContain("DB_PORT has the port");
  }
  expect(faultsOf({}, { PGHOST: "a,b" })[0]).toContain("PGHOST is");
  expect(faultsOf({ dbname: "", user: "" })).toHaveLength(2);
});

it("reads roots only to verify with them", async () => {
  const roots = join(folder, "roots.pem");
  writeFileSync(roots, "-----BEGIN CERTIFICATE-----\n");
  const full = { sslmode: "verify-full", sslrootcert: roots };
  expect((await resolve(full)).ca).toContain("BEGIN");
  expect((await resolve({ ...full, sslrootcert: "system" })).ca).toBeNull();
  expect((await resolve({}, { PGSSLROOTCERT: "/nowhere" })).ca).toBeNull();
  expect(faultsOf({ sslrootcert: roots })[0]).toContain("verifies nothing");
  expect(faultsOf({ ...full, sslrootcert: "/nowhere" })[0]).toContain(
    "--sslrootcert: /nowhere cannot be read",
  );
  writeFileSync(roots, "no certificate");
  expect(faultsOf(full)[0]).toContain("holds no certificate");
});

it("knows the database's name without checking the rest", () => {
  expect(databaseName({ port: "nonsense" }, { DB_NAME: "seeddb" })).toBe("seeddb");
});
