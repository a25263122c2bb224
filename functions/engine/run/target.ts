import { type Fault, fault, MigrationFault } from "../errors.ts";
import { EMPTY_HISTORY, foreignHistory, type History } from "../history.ts";
import { type Lacking, lackingFaults, lackingQuery, toLacking } from "../registry/privileges.ts";
import { historyQuery, toHistory } from "../registry/read.ts";
import { lastEventsQuery, repeatablesQuery } from "../registry/repeatables.ts";
import { REGISTRY_VERSION } from "../registry/schema.ts";
import { type FoundTables, keepsOrigins, type Shape, shapeOf, shapeQuery } from "../registry/shape.ts";
import { statementsQuery } from "../registry/statements.ts";
import { type QualifiedTables, qualifiedTables, TABLES } from "../registry/tables.ts";
import { HISTORY_LOCKED } from "../registry/write_fault.ts";
import type { RunOptions } from "../request.ts";
import type { Answer, Message, Result, Session, World } from "../seam.ts";
import { quoteIdentifier } from "../sql/quote.ts";
import { serverFields } from "../step/script_fault.ts";
import { attentive } from "../watch/attentive.ts";
import { runLockKey } from "./lock_keys.ts";
import {
  factsQuery,
  preflightFaults,
  SESSION_CHARACTERISTICS,
  type ServerFacts,
  SYSTEM_QUERY,
  toFacts,
} from "./preflight.ts";

/** A database that may be worked on, and whose history it holds. */
export interface Target {
  readonly session: Session;
  readonly facts: ServerFacts;
  readonly shape: Shape;
  readonly tables: QualifiedTables;
  readonly run_lock_key: bigint;
  /** What this role may not do with our tables, or to make them. */
  readonly lacking: readonly Lacking[];
  /** Another tool's table where ours belongs is looked at, and not refused. */
  readonly accepts_foreign: boolean;
}

/** The results of an answer; a server's error or a lost connection becomes a MigrationFault. */
export function resultsOf(answer: Answer | undefined, doing: string): readonly Result[] {
  if (answer?.kind === "done") return answer.results;
  throw new MigrationFault(answerFault(answer, doing));
}

/** What an answer that is not good means to a user. */
export function answerFault(answer: Exclude<Answer, { kind: "done" }> | undefined, doing: string): Fault {
  if (answer?.kind === "error") {
    const { sqlstate, message } = answer.error;
    // insufficient_privilege, invalid_parameter_value (an unknown role)
    const lacking = sqlstate === "42501" || sqlstate === "22023";
    const code = lacking ? "lacking-privilege" : sqlstate === "55P03" ? "lock-timeout" : "sql-error";
    const remedy = code === "lock-timeout" ? { remedy: HISTORY_LOCKED } : {};
    return fault(code, `${doing}: ${message}`, { ...serverFields(answer.error), ...remedy });
  }
  const reason = answer?.reason ?? "no answer";
  return fault("connection-lost", `${doing}: the connection was lost (${reason}).`);
}

const found = (answer: Answer | undefined): FoundTables =>
  JSON.parse(resultsOf(answer, "Looking for the history")[0]?.rows[0]?.[0] ?? "null") as FoundTables;

/** What a command does with the database that it connects to. */
export interface Access {
  readonly writes: boolean;
  readonly accepts_foreign: boolean;
}

/**
 * Connects and looks, in one round trip: is this a server to work on, and whose history is there? Throws a
 * MigrationFault with every reason against it; the session is closed then.
 */
export async function openTarget(
  runId: string,
  options: RunOptions,
  world: World,
  { writes, accepts_foreign }: Access,
): Promise<Target> {
  const { silence_ms } = options;
  const connected = await world.connect(runId);
  // Behind a pooler the handshake names another backend than the one that works.
  let { backend_pid } = connected;
  const attention = { world, run_id: runId, silence_ms, backend_pid: () => backend_pid };
  const session = attentive(connected, attention);
  try {
    const setRole: Message[] =
      options.role === null ? [] : [{ text: `SET ROLE ${quoteIdentifier(options.role)}` }];
    const answers = await session.send([
      SESSION_CHARACTERISTICS,
      ...setRole,
      factsQuery,
      SYSTEM_QUERY,
      shapeQuery(options.history_schema),
      lackingQuery(options.history_schema),
    ]);
    resultsOf(answers[0], "Beginning the session");
    if (options.role !== null) resultsOf(answers[1], `SET ROLE ${options.role}`);
    const [server, system, there, privileges] = answers.slice(setRole.length + 1);
    const facts = toFacts(resultsOf(server, "Asking for the server's state")[0], system);
    backend_pid = facts.backend_pid;
    const tables = found(there);
    world.emit({ type: "connected", server_version: facts.version, database: world.target.database });
    const [first, ...rest] = preflightFaults(facts, tables, {
      handshake_pid: session.backend_pid,
      allow_session_pooler: options.allow_session_pooler,
      writes,
    });
    if (first !== undefined) throw new MigrationFault(first, ...rest);
    const shape = knownShape(shapeOf(tables), { ...options, accepts_foreign });
    const lacking = toLacking(resultsOf(privileges, "Asking for privileges")[0]);
    const [hidden, ...more] = lackingFaults(lacking, ["reading"]);
    if (hidden !== undefined) throw new MigrationFault(hidden, ...more);
    return {
      session,
      facts,
      shape,
      lacking,
      accepts_foreign,
      tables: qualifiedTables(options.history_schema),
      run_lock_key: runLockKey(options.history_schema),
    };
  } catch (error) {
    await session.close();
    throw error;
  }
}

/** Where the history is looked for, and whether another tool's may be there. */
interface Looking {
  readonly history_schema: string;
  readonly accepts_foreign: boolean;
}

function knownShape(shape: Shape, { history_schema, accepts_foreign }: Looking): Shape {
  const foreign = foreignHistory(shape, history_schema);
  if (foreign !== null && !accepts_foreign) throw new MigrationFault(foreign);
  return shape;
}

const formatOf = (shape: Shape): number | null => (shape.kind === "ours" ? shape.format : null);

/** Format 1 did not keep the statements that were begun outside a transaction. */
const hasStatements = (shape: Shape): boolean => (formatOf(shape) ?? 0) >= 2;

/** What is read of the history; the shape must have been looked at before. */
export function lookMessages(
  target: Pick<Target, "tables">,
  shape: Shape,
  historySchema: string,
): readonly Message[] {
  const look = [shapeQuery(historySchema)];
  if (shape.kind === "ours") {
    look.push({ text: `SELECT pg_catalog.max(version) FROM ${target.tables.registry}` });
  }
  if (shape.kind === "ours" || shape.kind === "seed") look.push(historyQuery(target.tables, shape));
  if (hasStatements(shape)) look.push(statementsQuery(target.tables));
  if (keepsOrigins(shape)) look.push(repeatablesQuery(target.tables), lastEventsQuery(target.tables));
  return look;
}

/**
 * The history from the answers to `lookMessages`; null when the tables are of another shape by now (another
 * run made them meanwhile), so that the look must be repeated with the shape returned.
 */
export function readLook(
  answers: readonly Answer[],
  expected: Shape,
  looking: Looking,
): { readonly shape: Shape; readonly history: History | null } {
  const shape = knownShape(shapeOf(found(answers[0])), looking);
  if (shape.kind !== expected.kind || formatOf(shape) !== formatOf(expected)) return { shape, history: null };
  if (shape.kind === "none" || shape.kind === "foreign") return { shape, history: EMPTY_HISTORY };
  if (shape.kind === "ours") {
    const version = Number(resultsOf(answers[1], "Reading the registry's version")[0]?.rows[0]?.[0] ?? 0);
    if (version > REGISTRY_VERSION) {
      const message = `The history's tables have format ${version}; this release knows formats up to ${REGISTRY_VERSION}.`;
      throw new MigrationFault(fault("registry-too-new", message));
    }
    if (version !== shape.format) {
      const message = `The history's tables look like format ${shape.format}, and ${TABLES.registry} says ${version}.`;
      throw new MigrationFault(fault("registry-damaged", message));
    }
  }
  const [rows] = resultsOf(answers[shape.kind === "ours" ? 2 : 1], "Reading the history");
  const [statements] = hasStatements(shape)
    ? resultsOf(answers[3], "Reading what was begun outside a transaction")
    : [];
  const [repeatables] = keepsOrigins(shape) ? resultsOf(answers[4], "Reading the repeatable migrations") : [];
  const [events] = keepsOrigins(shape) ? resultsOf(answers[5], "Reading what was applied last") : [];
  return { shape, history: toHistory(rows, statements, repeatables, events) };
}

/** Reads the history without the run lock, for verbs that change nothing. */
export async function lookUnlocked(
  target: Target,
  historySchema: string,
): Promise<{ readonly shape: Shape; readonly history: History }> {
  let shape = target.shape;
  for (;;) {
    const answers = await target.session.send(lookMessages(target, shape, historySchema));
    const look = readLook(answers, shape, { ...target, history_schema: historySchema });
    if (look.history !== null) return { shape: look.shape, history: look.history };
    shape = look.shape;
  }
}
