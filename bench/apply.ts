import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { type ServerConnection, startServer, stateFolder } from "#io/embedded/server.ts";
import { startProxy } from "../test/support/proxy.ts";
import { measure, median } from "./measure.ts";
import { psqlInput } from "./psql_bound.ts";
import { type SmallMigration, smallMigrations } from "./small_migrations.ts";

/**
 * Applies N small migrations, each with a verification, fsync on, interleaved with psql sending one message a
 * migration; directly and through a proxy that adds a millisecond of round trip. Prints medians and ratios.
 *
 *     npm run bench [-- N ROUNDS]
 */
const [count = 1_000, rounds = 4] = process.argv.slice(2).map(Number);
const CLI = "dist/paws-migrate.mjs";

const out = (line: string): boolean => process.stdout.write(`${line}\n`);
const folder = mkdtempSync(join(tmpdir(), "paws-migrate-bench-"));
const migrations = smallMigrations(count);
writeBundle(join(folder, "bundle"), migrations);
writeFileSync(join(folder, "bound.sql"), psqlInput(migrations));
const server = await startServer({ stateDir: await stateFolder(process.cwd()), keep: false, fsync: true });
const proxy = await startProxy(server.connection, { one_way_ms: 0.5 });
const counting = await startProxy(server.connection);
try {
  out(`${count} migrations, ${rounds} rounds, PostgreSQL embedded, fsync on, whole processes`);
  await compare("direct", server.connection);
  await compare("1 ms", proxy.through(server.connection));
  await roundTrips();
} finally {
  await Promise.all([proxy.close(), counting.close()]);
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
}

async function compare(label: string, connection: ServerConnection): Promise<void> {
  const ours: number[] = [];
  const bound: number[] = [];
  for (let round = 0; round < rounds; round++) {
    // Who comes second meets what the first has left the server to do.
    if (round % 2 === 1) bound.push(await onFreshDatabase(connection, psql));
    ours.push(await onFreshDatabase(connection, up));
    if (round % 2 === 0) bound.push(await onFreshDatabase(connection, psql));
  }
  const ratios = ours.map((seconds, i) => seconds / (bound[i] ?? Number.NaN));
  const shown = (values: readonly number[]) => values.map((value) => value.toFixed(2)).join(" / ");
  out(`${label.padEnd(8)} paws-migrate up  ${shown(ours)} s`);
  out(`${"".padEnd(8)} psql one message ${shown(bound)} s`);
  out(`${"".padEnd(8)} ratio            ${shown(ratios)}, median ${median(ratios).toFixed(2)}`);
}

/** Round trips a migration: the slope between one migration and all of them. */
async function roundTrips(): Promise<void> {
  const few = join(folder, "few");
  writeBundle(few, migrations.slice(0, 1));
  const turns: number[] = [];
  for (const dir of [few, join(folder, "bundle")]) {
    counting.zero();
    await onFreshDatabase(counting.through(server.connection), (connection) => upFrom(dir, connection));
    turns.push(counting.counts().turns);
  }
  const [one = 0, all = 0] = turns;
  out(
    `round trips: ${one} for 1 migration, ${all} for ${count}: ${((all - one) / (count - 1)).toFixed(3)} a migration`,
  );
}

async function onFreshDatabase(
  connection: ServerConnection,
  work: (connection: ServerConnection) => Promise<number>,
): Promise<number> {
  const database = "bench";
  const client = new pg.Client(server.connection);
  await client.connect();
  await client.query(`DROP DATABASE IF EXISTS ${database} WITH (FORCE)`);
  await client.query(`CREATE DATABASE ${database}`);
  await client.query("CHECKPOINT");
  await client.end();
  return work({ ...connection, database });
}

function environment({ host, port, user, password, database }: ServerConnection): Record<string, string> {
  return { PGHOST: host, PGPORT: String(port), PGUSER: user, PGPASSWORD: password, PGDATABASE: database };
}

function up(connection: ServerConnection): Promise<number> {
  return upFrom(join(folder, "bundle"), connection);
}

async function upFrom(dir: string, connection: ServerConnection): Promise<number> {
  const { seconds } = await measure("node", [CLI, "up", "--quiet", "--dir", dir], environment(connection));
  return seconds;
}

async function psql(connection: ServerConnection): Promise<number> {
  const args = ["-X", "-q", "-v", "ON_ERROR_STOP=1", "-o", "/dev/null", "-f", join(folder, "bound.sql")];
  return (await measure("psql", args, environment(connection))).seconds;
}

function writeBundle(dir: string, list: readonly SmallMigration[]): void {
  mkdirSync(join(dir, "verify"), { recursive: true });
  for (const { version, name, up: script, verify } of list) {
    const stem = `${String(version).padStart(5, "0")}_${name}`;
    writeFileSync(join(dir, `${stem}.sql`), script);
    writeFileSync(join(dir, "verify", `${stem}_verify.sql`), verify);
  }
}
