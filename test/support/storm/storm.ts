import { loadedSource } from "#engine/bundle/loaded_source.ts";
import type { ChangeReport } from "#engine/report.ts";
import { runChange } from "#engine/run/change.ts";
import type { ServerConnection } from "#io/embedded/server.ts";
import { bundleOf, runOptions, UP } from "../engine.ts";
import type { OwnServer } from "../own_server.ts";
import type { RunnerJob } from "../runner_program.ts";
import { worldOn } from "../worlds.ts";
import { EFFECTS, stormFiles } from "./bundle.ts";
import { LOOK, reportViolations, type SeenVersion, stateViolations } from "./checker.ts";
import { type Control, control } from "./control.ts";
import { type Barracks, startCrew } from "./crew.ts";
import { scissors } from "./scissors.ts";
import { type Climate, FAULTS, type FaultKind, weather } from "./weather.ts";

export interface StormOptions {
  readonly server: OwnServer;
  readonly barracks: Barracks;
  readonly random: () => number;
  readonly climate: Climate;
  /** So many faults, then the last round ends in a calm. */
  readonly faults: number;
  /** Milliseconds between two faults: from, to. */
  readonly every_ms: readonly [number, number];
  readonly versions: number;
  /** Ends at the first violation. */
  readonly until_wrong: boolean;
}

export interface StormFigures {
  readonly faults: Readonly<Record<FaultKind, number>>;
  readonly rounds: number;
  readonly applied: number;
  readonly runs: number;
  /** Each in words, once. */
  readonly violations: readonly string[];
}

const RUNNERS = 4;
/** Then it clears up, also where nothing gets done on a slow machine: a round is to end. */
const MOST_A_ROUND = 100;
const LOOK_EVERY_MS = 150;
/** Without a fault nobody needs so long: then something hangs. */
const LONGEST_CALM_MS = 45_000;

/** Rounds of runners in bad weather, each with a database of its own, until there were faults enough. */
export async function storm(options: StormOptions): Promise<StormFigures> {
  const { climate, random, server, faults, until_wrong } = options;
  const violations = new Set<string>();
  const sky = weather(climate, random);
  let [rounds, applied, runs] = [0, 0, 0];
  const left = (): number => faults - total(sky.counts());
  while (left() > 0 && !(until_wrong && violations.size > 0)) {
    const database = `storm_${Date.now().toString(36)}_${rounds}`;
    await onServer(server.connection, `CREATE DATABASE ${database} TEMPLATE template0`);
    const round = await runRound({ ...options, database, left, sky, violations });
    applied += round.applied;
    runs += round.runs;
    rounds += 1;
    await onServer(server.connection, `DROP DATABASE ${database} WITH (FORCE)`);
  }
  return { faults: sky.counts(), rounds, applied, runs, violations: [...violations] };
}

export const total = (counts: Readonly<Record<FaultKind, number>>): number =>
  FAULTS.reduce((sum, kind) => sum + counts[kind], 0);

async function onServer(connection: ServerConnection, sql: string): Promise<void> {
  const administrator = control(connection);
  if ((await administrator.query(sql)) === null) throw new Error(`the server is away: ${sql}`);
  await administrator.close();
}

interface Round extends StormOptions {
  readonly database: string;
  readonly left: () => number;
  readonly sky: ReturnType<typeof weather>;
  readonly violations: Set<string>;
}

async function runRound(round: Round): Promise<{ readonly applied: number; readonly runs: number }> {
  const { server, versions, violations, sky, random, every_ms, until_wrong } = round;
  const connection = { ...server.connection, database: round.database };
  const observer = control(connection);
  await observer.query(EFFECTS);
  const cutter = await scissors(server.connection, random);
  const reports: ChangeReport[] = [];
  const crew = startCrew(round.barracks, {
    job: jobOn(cutter.proxy.through(connection), versions),
    places: RUNNERS,
    report: (report) => void reports.push(report),
    fell: (how) => void violations.add(how),
  });
  const over = () => reports.some(({ status }) => status === "ok") || (until_wrong && violations.size > 0);
  const looking = (async () => {
    while (!over()) {
      await pause(LOOK_EVERY_MS);
      for (const wrong of await look(observer, reports, versions)) violations.add(wrong);
    }
  })();
  const exposed = {
    members: crew.members,
    control: observer,
    database: round.database,
    cutNext: cutter.cutNext,
    restart: server.restart,
  };
  const before = total(sky.counts());
  const struck = (): number => total(sky.counts()) - before;
  while (!over() && round.left() > 0 && struck() < MOST_A_ROUND) {
    await pause(every_ms[0] + random() * (every_ms[1] - every_ms[0]));
    await sky.strike(exposed);
  }
  await sky.calm();
  cutter.sheathe();
  const calm = AbortSignal.timeout(LONGEST_CALM_MS);
  while (!over() && !calm.aborted) await pause(20);
  if (!over()) violations.add(`nothing was applied to the end within ${LONGEST_CALM_MS} ms of calm`);
  await crew.rest();
  await looking;
  await cutter.proxy.close();
  for (const wrong of await aftermath(connection, observer, reports, versions)) violations.add(wrong);
  const [{ n } = { n: 0 }] = (await observer.query<{ n: number }>(APPLIED)) ?? [];
  await observer.close();
  return { applied: n, runs: reports.length };
}

const APPLIED = "SELECT count(*)::int AS n FROM public.schema_migrations";
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

function jobOn({ host, port, user, password, database }: ServerConnection, versions: number): RunnerJob {
  return {
    files: stormFiles(versions),
    request: UP,
    options: runOptions({ silence_ms: 1_000 }),
    settings: {
      host,
      port,
      user,
      database,
      sslmode: "disable",
      ca: null,
      statement_timeout_ms: 0,
      allow_session_pooler: false,
    },
    password: String(password),
  };
}

/** What the state, and every report that had come before it was looked at, have wrong. */
async function look(
  observer: Control,
  reports: readonly ChangeReport[],
  versions: number,
): Promise<readonly string[]> {
  const told = [...reports];
  const [made] =
    (await observer.query("SELECT to_regclass('public.schema_migration_events') IS NOT NULL AS made")) ?? [];
  if (made?.made !== true) return [];
  const seen = await observer.query<SeenVersion & Record<string, unknown>>(LOOK);
  if (seen === null) return [];
  return [...stateViolations(seen), ...told.flatMap((report) => reportViolations(report, seen, versions))];
}

/** Longer than every limit of a session whose client is gone. */
const LOCKS_GONE_MS = 20_000;

/** What is wrong once all is quiet: a last run closes what dead ones left open. */
async function aftermath(
  connection: ServerConnection,
  observer: Control,
  reports: readonly ChangeReport[],
  versions: number,
): Promise<readonly string[]> {
  const last = await runChange(
    UP,
    loadedSource(bundleOf(stormFiles(versions))),
    runOptions(),
    worldOn(connection),
  );
  const wrong = [...(await look(observer, [...reports, last], versions))];
  if (last.status !== "ok") wrong.push(`the last run is ${last.status}: ${last.error?.message}`);
  const open = await observer.query<{ run_id: string }>(
    "SELECT run_id FROM public.schema_migration_runs WHERE finished_at IS NULL",
  );
  wrong.push(...(open ?? []).map(({ run_id }) => `run ${run_id} is open at the end`));
  const until = performance.now() + LOCKS_GONE_MS;
  for (;;) {
    const held = await observer.query<{ lock: string }>(
      `SELECT l.mode || ' of ' || a.application_name AS lock FROM pg_locks l JOIN pg_stat_activity a USING (pid)
       WHERE a.datname = current_database() AND a.application_name LIKE 'paws-migrate/%'`,
    );
    if (held?.length === 0) return wrong;
    if (performance.now() > until)
      return [...wrong, ...(held ?? []).map(({ lock }) => `left behind: ${lock}`)];
    await pause(50);
  }
}
