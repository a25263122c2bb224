import { fault, MigrationFault } from "../errors.ts";
import { eventsQuery, progressQuery, runsQuery, toEvent, toProgress, toRun } from "../registry/read.ts";
import type { RunsReport } from "../report.ts";
import type { RunOptions } from "../request.ts";
import type { World } from "../seam.ts";
import { beginFrame, headOf, nothingLearnt } from "./frame.ts";
import { resultsOf, type Target } from "./target.ts";
import { withTarget } from "./with_target.ts";

const RUNS_SHOWN = 50;

/**
 * The recorded runs, newest first; with a run id that run alone, and what each of its steps did. Where it is not
 * recorded, `absent` says whether that is an error: who follows a run asks before there is a row.
 */
export async function readRuns(
  runId: string | null,
  options: RunOptions,
  world: World,
  absent: "refused" | "told" = "refused",
): Promise<RunsReport> {
  const frame = beginFrame(world, null);
  const learnt = nothingLearnt();
  let runs: RunsReport["runs"] = [];
  await withTarget({ frame, options, world, writes: false }, learnt, async (target) => {
    if (target.shape.kind === "ours") runs = await (runId === null ? latest(target) : one(target, runId));
    if (runId !== null && runs.length === 0 && absent === "refused") {
      throw new MigrationFault(
        fault("bad-argument", `No run ${runId} is recorded.`, { remedy: "See `paws-migrate runs`." }),
      );
    }
  });
  return { command: "runs", ...headOf(frame, learnt, world), run_id: null, runs };
}

async function latest({ session, tables, run_lock_key }: Target): Promise<RunsReport["runs"]> {
  const [answer] = await session.send([
    runsQuery(tables, run_lock_key, { kind: "latest", limit: RUNS_SHOWN }),
  ]);
  return (resultsOf(answer, "Reading the runs")[0]?.rows ?? []).map(toRun);
}

async function one(
  { session, tables, shape, run_lock_key }: Target,
  runId: string,
): Promise<RunsReport["runs"]> {
  const [runs, progress, events] = await session.send([
    runsQuery(tables, run_lock_key, { kind: "one", run_id: runId }),
    progressQuery(tables, shape, runId),
    eventsQuery(tables, runId),
  ]);
  const rows = resultsOf(events, "Reading the run's steps")[0]?.rows ?? [];
  const [far] = resultsOf(progress, "Reading the run's report");
  return (resultsOf(runs, "Reading the run")[0]?.rows ?? []).map((row) => ({
    ...toRun(row),
    ...toProgress(far),
    events: rows.map(toEvent),
  }));
}
