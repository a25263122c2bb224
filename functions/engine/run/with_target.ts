import { MigrationFault } from "../errors.ts";
import type { RunOptions } from "../request.ts";
import type { World } from "../seam.ts";
import { type Frame, type Learnt, learnTarget } from "./frame.ts";
import { openTarget, type Target } from "./target.ts";

/**
 * Lends an opened target to `work` and closes it. A MigrationFault, from opening or from the work, becomes what
 * the command has learnt, and the answer null; anything else is a fault of ours and is thrown.
 */
export async function withTarget<Outcome>(
  command: {
    readonly frame: Frame;
    readonly options: RunOptions;
    readonly world: World;
    readonly writes: boolean;
    /** Not given: another tool's history is refused. */
    readonly accepts_foreign?: boolean;
  },
  learnt: Learnt,
  work: (target: Target) => Promise<Outcome>,
): Promise<Outcome | null> {
  const { frame, options, world, writes, accepts_foreign = false } = command;
  try {
    const target = await openTarget(frame.run_id, options, world, { writes, accepts_foreign });
    try {
      learnTarget(learnt, target);
      return await work(target);
    } finally {
      await target.session.close();
    }
  } catch (error) {
    if (!(error instanceof MigrationFault)) throw error;
    learnt.faults = error.faults;
    return null;
  }
}
