import { mkdtemp } from "node:fs/promises";
import { join } from "node:path";
import type { TestProject } from "vitest/node";
import { openTemporaryFolder } from "#io/embedded/account.ts";
import { type ServerConnection, startServer } from "#io/embedded/server.ts";
import { machineBinaries } from "./machine_postgres.ts";

declare module "vitest" {
  export interface ProvidedContext {
    server: TestServer;
  }
}

/** The server that the suites of a project run on. */
export interface TestServer {
  readonly connection: ServerConnection;
  /** The folder of its programs, for a test that starts another; null: those of the npm package. */
  readonly binDir: string | null;
}

/** Starts one server a run and project: the embedded one, or for the project `pg15` the machine's. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const machine = project.name === "pg15" ? await machineBinaries(15) : null;
  if (project.name === "pg15" && machine === null)
    throw new Error("there is no PostgreSQL 15 on this machine");
  const server = await startServer({
    stateDir: await mkdtemp(join(await openTemporaryFolder(), "paws-migrate-test-")),
    keep: false,
    fsync: false,
    settings: {
      max_connections: "200",
      shared_buffers: "32MB",
      max_prepared_transactions: "10",
      // It locks tables when it likes; where that is tried there is a server with one.
      autovacuum: "off",
    },
    ...(machine === null ? {} : { binDir: machine }),
  });
  project.provide("server", { connection: server.connection, binDir: machine });
  return () => server.stop();
}
