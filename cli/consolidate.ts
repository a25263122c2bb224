import { type Consolidation, consolidate } from "#engine/consolidate/consolidation.ts";
import { type Proof, prove } from "#engine/consolidate/prove.ts";
import { scratchOf } from "#engine/consolidate/scratch.ts";
import { fault, MigrationFault } from "#engine/errors.ts";
import { stoodIn } from "#engine/placeholders/values.ts";
import type { ConsolidateReport } from "#engine/report_settled.ts";
import { runConsolidate } from "#engine/run/consolidate.ts";
import { bundleReport, emptyHead } from "#engine/run/report_head.ts";
import { toldMigration } from "#engine/told_migration.ts";
import { readFolder } from "#io/folder.ts";
import { withUnfinished } from "#io/unfinished_consolidation.ts";
import { writeConsolidation } from "#io/write_consolidation.ts";
import type { Call, Verb } from "./call.ts";
import { finished } from "./finished.ts";
import { openJob } from "./job.ts";
import { refuseUndeclared } from "./named_placeholders.ts";
import { readRunOptions } from "./run_options.ts";
import { interrupted, openScratch } from "./scratch.ts";
import { hideSecrets, withoutPieces } from "./secrets.ts";
import { bundleFolder, openBundle, withFolder } from "./source.ts";

/** `--record` is about a database and runs as other verbs do; without it, it is about a folder of files. */
export const run: Verb = async (given) => {
  const call = withFolder(given);
  if (call.options.record !== true) return consolidateFolder(call);
  const { source, options, world } = await openJob(call);
  return runConsolidate(source, options, world);
};

async function consolidateFolder(call: Call): Promise<ConsolidateReport> {
  const started = new Date();
  const { versions, name } = call.options as { readonly versions?: string; readonly name?: string };
  if (versions === undefined || name === undefined) {
    throw wrong("consolidate needs --versions and --name, or --record.");
  }
  if (call.options.bundle !== undefined)
    throw wrong("consolidate writes into a folder, and takes no --bundle.");
  const { run } = readRunOptions(call.options, call.terminal.env);
  // A scratch database has no roles of the target.
  const options = { ...run, role: null };
  const folder = bundleFolder(call);
  const { files, source } = readFolder(folder);
  const leave_out = (call.options.leaveOutVerification ?? []) as readonly string[];
  const consolidation = await consolidate(files, source, { versions, name, leave_out }, options).catch(
    (error: unknown) => {
      throw withUnfinished(folder, error);
    },
  );
  const declared = consolidation.before.options.placeholders;
  refuseUndeclared(consolidation.before, options.placeholders);
  hideSecrets(call.redactor, declared, options.placeholders);
  const proving = { ...options, placeholders: stoodIn(declared, options.placeholders) };
  call.warn(consolidation.warnings);

  const scratch = await openScratch(call);
  let proof: Proof;
  try {
    proof = await prove(consolidation, async () => scratchOf(await scratch.create(), proving));
  } catch (error) {
    throw withoutPieces(call.redactor, error);
  } finally {
    call.warn(await scratch.close());
  }
  call.warn(proof.warnings);
  const done = call.options.dryRun !== true;
  if (call.interrupt.aborted) throw new MigrationFault(interrupted(call));
  if (done) {
    const unchanged = () => openBundle(folder).digest === consolidation.before.digest;
    writeConsolidation(folder, consolidation, unchanged);
  }
  return {
    ...reportOf(consolidation, proof, done),
    ...emptyHead(started),
    bundle: bundleReport(consolidation.after),
    ...finished(started),
  };
}

type OwnFields = Omit<ConsolidateReport, keyof ReturnType<typeof emptyHead>>;

function reportOf(
  { chosen, after, written, list, moved }: Consolidation,
  proof: Proof,
  done: boolean,
): OwnFields {
  const { version } = chosen.last;
  const name = after.migrations.find((one) => one.version === version)?.name ?? "";
  return {
    command: "consolidate",
    consolidated: [
      {
        version: String(version),
        label: chosen.last.label,
        name,
        replaces: chosen.migrations.map(toldMigration),
      },
    ],
    done,
    files_written: [...written.toReversed(), list].map(({ path }) => path),
    files_moved: moved,
    objects_compared: proof.objects_compared,
  };
}

const wrong = (message: string): MigrationFault => new MigrationFault(fault("bad-argument", message));
