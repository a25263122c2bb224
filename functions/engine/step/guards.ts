import { type Fault, fault } from "../errors.ts";
import type { Script } from "../script/script.ts";
import type { Message, Result } from "../seam.ts";
import { quoteLiteral } from "../sql/quote.ts";

/** What every step of a run begins as; read once, under the run lock. */
export interface GuardBaseline {
  readonly current_user: string;
  readonly session_user: string;
  readonly encoding: string;
  /** oids of our tables, their indexes and sequences. */
  readonly own_oids: readonly number[];
  /** Name of the schema that holds them. */
  readonly schema: string;
  /** oid:relfilenode:xmin of our tables in pg_class, the schema's oid, and what our functions are. */
  readonly relations: readonly string[];
}

/** The look before a script: which transaction this is, and since when. */
export interface Begun {
  readonly xid: string;
  /** The server's clock: seconds since the epoch, with microseconds; null where it was not asked. */
  readonly at_epoch: string | null;
}

/** An advisory lock of this backend, as pg_locks shows it: nothing tells whether the session or the transaction has it. */
export interface AdvisoryLock {
  /** Of a bigint key its halves (`by` 1), else the two integers (`by` 2); unsigned. */
  readonly high: bigint;
  readonly low: bigint;
  readonly by: 1 | 2;
  readonly shared: boolean;
}

/** The look after it. */
export interface Ended {
  readonly xid: string;
  readonly current_user: string;
  readonly session_user: string;
  readonly encoding: string;
  readonly advisory_locks: readonly AdvisoryLock[];
  /** Modes of own locks on our relations that are stronger than reading. */
  readonly strong_locks: readonly string[];
  readonly relations: readonly string[];
  /** As of Begun. */
  readonly at_epoch: string;
}

/** One statement, one row. */
export const BEGUN_QUERY =
  "SELECT pg_catalog.pg_current_xact_id(), EXTRACT(epoch FROM pg_catalog.clock_timestamp())";

/**
 * The look after a script. It runs under whatever search_path the script left, so every name and operator is
 * qualified. Three small statements plan faster than one that joins them. The oids are the engine's own
 * numbers and go in as text.
 */
export function endedQueries(
  baseline: Pick<GuardBaseline, "own_oids" | "relations" | "schema">,
): readonly string[] {
  const own = baseline.own_oids.join(",");
  const oids = (kind: RegExp) => baseline.relations.flatMap((one) => kind.exec(one)?.[1] ?? []).join(",");
  return [
    `SELECT pg_catalog.pg_current_xact_id(), current_user, session_user, pg_catalog.current_setting('client_encoding'),
  EXTRACT(epoch FROM pg_catalog.clock_timestamp())`,
    `SELECT locktype, mode, classid, objid, objsubid FROM pg_catalog.pg_lock_status()
  WHERE pid OPERATOR(pg_catalog.=) pg_catalog.pg_backend_pid() AND (locktype OPERATOR(pg_catalog.=) 'advisory'
    OR relation OPERATOR(pg_catalog.=) ANY ('{${own}}'::pg_catalog.oid[]))`,
    `SELECT ${RELATION} FROM pg_catalog.pg_class WHERE oid OPERATOR(pg_catalog.=) ANY ('{${oids(/^(\d+):/)}}'::pg_catalog.oid[])
  UNION ALL SELECT ${ROUTINE} FROM pg_catalog.pg_proc p WHERE oid OPERATOR(pg_catalog.=) ANY ('{${oids(/^function (\d+)/)}}'::pg_catalog.oid[])
  UNION ALL SELECT ${SCHEMA} FROM pg_catalog.pg_namespace WHERE nspname OPERATOR(pg_catalog.=) ${quoteLiteral(baseline.schema)}`,
  ];
}

/** Another schema by the history's name would hold another history, and another owner may drop what is in it. */
export const SCHEMA = "pg_catalog.concat('schema ', oid, ' of ', nspowner)";

/** What a change of a function changes, but who may call it: that is for anybody to grant. */
export const ROUTINE = `pg_catalog.concat('function ', p.oid, ' ', pg_catalog.hashtextextended(pg_catalog.concat_ws('|', p.proname,
    p.pronamespace, p.proowner, p.prosecdef, p.proconfig, p.prosrc) COLLATE pg_catalog."C", 0))`;

/** What a change of a relation changes: DROP and CREATE the oid, TRUNCATE the file, GRANT the row. */
export const RELATION = "pg_catalog.concat(oid, ':', relfilenode, ':', xmin)";

export function toBegun(result: Result | undefined): Begun {
  const [xid, at_epoch] = result?.rows[0] ?? [];
  return { xid: xid ?? "", at_epoch: at_epoch ?? null };
}

export function toEnded(results: readonly Result[]): Ended {
  const [who, locks, relations] = results;
  const [xid, current_user, session_user, encoding, at_epoch] = who?.rows[0] ?? [];
  const held = locks?.rows ?? [];
  return {
    xid: xid ?? "",
    current_user: current_user ?? "",
    session_user: session_user ?? "",
    encoding: encoding ?? "",
    advisory_locks: held.filter(([type]) => type === "advisory").map(advisoryLock),
    strong_locks: held.flatMap(([type, mode]) =>
      type === "relation" && mode !== "AccessShareLock" ? [mode ?? ""] : [],
    ),
    relations: (relations?.rows ?? []).map(([relation]) => relation ?? ""),
    at_epoch: at_epoch ?? "",
  };
}

const advisoryLock = ([, mode, high, low, by]: readonly (string | null)[]): AdvisoryLock => ({
  high: BigInt(high ?? 0),
  low: BigInt(low ?? 0),
  by: by === "1" ? 1 : 2,
  shared: mode === "ShareLock",
});

const isKey = (lock: AdvisoryLock, key: bigint): boolean =>
  lock.by === 1 && BigInt.asIntN(64, (lock.high << 32n) | lock.low) === key;

/**
 * Asks whether a lock is the session's: only such a lock can be unlocked, and the step fails then anyway. One
 * statement a lock, each answering a boolean.
 */
export function sessionLockQueries(locks: readonly AdvisoryLock[]): readonly Message[] {
  return locks.map(({ high, low, by, shared }) => {
    const key =
      by === 1
        ? `'${BigInt.asIntN(64, (high << 32n) | low)}'::pg_catalog.int8`
        : [high, low].map((half) => `'${BigInt.asIntN(32, half)}'::pg_catalog.int4`).join(", ");
    return { text: `SELECT pg_catalog.pg_advisory_unlock${shared ? "_shared" : ""}(${key})` };
  });
}

export interface StepLocks {
  readonly run_lock_key: bigint;
  readonly step_lock_key: bigint;
}

/** Compares both looks and the baseline; null when nothing escaped. `script` ran between them. */
export function guardFault(
  baseline: GuardBaseline,
  locks: StepLocks,
  begun: Begun,
  ended: Ended,
  script: Script,
): Fault | null {
  const file = script.file.path;
  const at = (code: Parameters<typeof fault>[0], message: string) => fault(code, message, { file });
  if (begun.xid !== ended.xid) {
    return at("transaction-escaped", `${file} ended the job's transaction and began another.`);
  }
  if (baseline.current_user !== ended.current_user || baseline.session_user !== ended.session_user) {
    const [was, is] = [baseline, ended].map((who) => `${who.current_user} (session ${who.session_user})`);
    return at("role-left", `${file} began as ${was} and ended as ${is}.`);
  }
  if (baseline.encoding !== ended.encoding) {
    return at(
      "encoding-left",
      `${file} changed client_encoding from ${baseline.encoding} to ${ended.encoding}.`,
    );
  }
  if (!ended.advisory_locks.some((lock) => isKey(lock, locks.run_lock_key))) {
    return at("lock-lost", `${file} released the job's own advisory lock.`);
  }
  const analyzed = analyzesAll(script);
  const touched = ended.strong_locks.some((mode) => !(analyzed && mode === LOCK_OF_ANALYZE));
  if (touched || !equal(baseline.relations, ended.relations)) {
    return at("own-tables-touched", `${file} changed the job's own tables.`);
  }
  return null;
}

/** The lock that ANALYZE keeps on a table until the commit. */
const LOCK_OF_ANALYZE = "ShareUpdateExclusiveLock";

/** An ANALYZE without tables looks at ours too, and harms none; one that names ours is refused when it is read. */
function analyzesAll({ file, statements }: Script): boolean {
  // One by one: a data script may have a million of them.
  for (const { start } of statements) {
    if (/^analy[sz]e\b/i.test(file.text.slice(start, start + "analyze ".length))) return true;
  }
  return false;
}

/** Advisory locks that the script took: the transaction's own are its right, the session's are not. */
export const foreignLocks = (ended: Ended, locks: StepLocks): readonly AdvisoryLock[] =>
  ended.advisory_locks.filter(
    (lock) => !isKey(lock, locks.run_lock_key) && !isKey(lock, locks.step_lock_key),
  );

const equal = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && [...a].sort().join() === [...b].sort().join();
