import { randomBytes } from "node:crypto";
import { mkdtemp } from "node:fs/promises";
import { join } from "node:path";
import { type Fault, fault, MigrationFault } from "#engine/errors.ts";
import type { Answer, Session } from "#engine/seam.ts";
import { quoteIdentifier } from "#engine/sql/quote.ts";
import { type ConnectionSettings, connect } from "./connect.ts";
import { openTemporaryFolder } from "./embedded/account.ts";
import { startServer } from "./embedded/server.ts";
import { newRunId } from "./system.ts";

/** What every scratch database's name begins with. */
const SCRATCH_PREFIX = "paws_scratch_";

/** Makes databases that are gone when they are no more needed. */
export interface ScratchServer {
  /** A new, empty database: how to connect to it. Throws a MigrationFault. */
  create(): Promise<ConnectionSettings>;
  /** Drops everything that was made. Says what could not be dropped. */
  close(): Promise<readonly Fault[]>;
}

/** Databases on the server that `settings` lead to, made and dropped from the database that they name. */
export function scratchOnServer(settings: ConnectionSettings): ScratchServer {
  const made: string[] = [];
  const open = () => connect(settings, newRunId(), () => {});
  const send = async (session: Session, sql: string): Promise<Answer | undefined> => {
    try {
      const [answer] = await session.send([{ text: sql }]);
      return answer;
    } finally {
      await session.close();
    }
  };
  return {
    async create() {
      const database = `${SCRATCH_PREFIX}${randomBytes(8).toString("hex")}`;
      const sql = `CREATE DATABASE ${quoteIdentifier(database)} TEMPLATE template0 ENCODING 'UTF8'`;
      const answer = await send(await open(), sql);
      // A lost answer does not mean that it was not made.
      if (answer?.kind !== "error") made.push(database);
      if (answer?.kind !== "done") throw new MigrationFault(notMade(answer));
      return { ...settings, database };
    },
    async close() {
      const left: Fault[] = [];
      for (const database of made.splice(0)) {
        const sql = `DROP DATABASE IF EXISTS ${quoteIdentifier(database)} WITH (FORCE)`;
        const answer = await open()
          .then((session) => send(session, sql))
          .catch((error: Error) => error);
        if (answer instanceof Error || answer?.kind !== "done") left.push(notDropped(database, answer));
      }
      return left;
    },
  };
}

/** Databases on a PostgreSQL of their own, which ends with this process however it ends. Throws a MigrationFault. */
export async function scratchOnEmbedded(
  limits: Pick<ConnectionSettings, "statement_timeout_ms" | "allow_session_pooler">,
  learn: (password: string) => void,
): Promise<ScratchServer> {
  const stateDir = await mkdtemp(join(await openTemporaryFolder(), "paws-migrate-scratch-"));
  const server = await startServer({ stateDir, keep: false, fsync: false });
  const { connection } = server;
  learn(connection.password);
  const { create } = scratchOnServer({
    ...connection,
    password: async () => connection.password,
    sslmode: "disable",
    ca: null,
    ...limits,
  });
  return {
    create,
    async close() {
      await server.stop();
      return [];
    },
  };
}

const saidBy = (answer: Answer | Error | undefined): string =>
  answer instanceof Error
    ? answer.message
    : answer?.kind === "error"
      ? answer.error.message
      : "the connection was lost";

const notMade = (answer: Answer | undefined): Fault => {
  const denied = answer?.kind === "error" && answer.error.sqlstate === "42501";
  return fault(
    denied ? "lacking-privilege" : "consolidation-unproven",
    `No scratch database: ${saidBy(answer)}.`,
    {
      remedy: denied
        ? "Grant CREATEDB, or use --scratch embedded."
        : "See the message, or use --scratch embedded.",
    },
  );
};

const notDropped = (database: string, answer: Answer | Error | undefined): Fault =>
  fault("scratch-left", `The database ${database} was not dropped: ${saidBy(answer).replace(/\.$/, "")}.`);
