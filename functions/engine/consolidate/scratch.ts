import type { Bundle, Migration } from "../bundle/bundle.ts";
import { loadedSource } from "../bundle/loaded_source.ts";
import { type Fault, fault, MigrationFault } from "../errors.ts";
import type { LeftOut } from "../fingerprint/contents.ts";
import { readSnapshot, type Snapshot } from "../fingerprint/snapshot.ts";
import type { ReportHead } from "../report.ts";
import type { ChangeRequest, RunOptions } from "../request.ts";
import { runChange } from "../run/change.ts";
import { runVerify } from "../run/verify.ts";
import type { World } from "../seam.ts";
import { unproven } from "./unproven.ts";

/** A database that was made empty, for nothing but to see what comes of migrations. Everything throws a MigrationFault. */
export interface Scratch {
  /** `doing` is what an error says of it. */
  apply(bundle: Bundle, version: bigint, doing: string): Promise<void>;
  rollBackLast(bundle: Bundle, doing: string): Promise<void>;
  /** Of these migrations the verifications that fail as the database is now. */
  failingVerifications(
    bundle: Bundle,
    migrations: readonly Migration[],
  ): Promise<readonly { readonly path: string; readonly error: Fault }[]>;
  snapshot(left_out?: LeftOut): Promise<Snapshot>;
}

export function scratchOf(world: World, given: RunOptions): Scratch {
  // It is a run by itself, and a role of the target need not be there.
  const options: RunOptions = { ...given, run_id: null, role: null, expected_plan: null, reason: null };
  const change = async (bundle: Bundle, request: ChangeRequest, doing: string): Promise<void> => {
    const report = await runChange(request, loadedSource(bundle), options, world);
    if (report.error !== null) throw unproven(doing, report.error);
  };
  return {
    apply: (bundle, to, doing) =>
      change(
        bundle,
        { command: "up", target: { to: "version", version: to }, allow_out_of_order: false },
        doing,
      ),
    rollBackLast: (bundle, doing) =>
      change(bundle, { command: "rollback", target: { remove: "steps", steps: 1 }, verify: "none" }, doing),
    async failingVerifications(bundle, migrations) {
      if (migrations.length === 0) return [];
      const versions = migrations.map((one) => one.version);
      const source = loadedSource(bundle);
      const report = await runVerify({ command: "verify", versions }, source, options, world);
      return failing(report, migrations);
    },
    async snapshot(left_out) {
      const session = await world.connect(world.new_run_id());
      try {
        if (world.interrupt.aborted)
          throw new MigrationFault(fault("interrupted", "Interrupted; nothing was written."));
        return await readSnapshot(session, options.history_schema, left_out);
      } finally {
        await session.close();
      }
    },
  };
}

function failing(
  { steps, error }: ReportHead,
  migrations: readonly Migration[],
): readonly { readonly path: string; readonly error: Fault }[] {
  const found = steps.flatMap((step) => {
    const one = migrations.find(({ version }) => String(version) === step.version);
    const path = one?.verify?.path;
    return step.error === null || path === undefined ? [] : [{ path, error: step.error }];
  });
  // It ended for another reason than what a verification says.
  if (found.length === 0 && error !== null) throw unproven("the verifications", error);
  return found;
}
