import type { ChangeReport, VerifyReport } from "../report.ts";
import type { ChangeRequest } from "../request.ts";
import type { World } from "../seam.ts";
import { endOf, type Frame, headOf, type Learnt } from "./frame.ts";

const attempted = ({ replayed, recovered, attempt }: Learnt) => ({ replayed, recovered, attempt });

export const changeReport = (
  { command }: Pick<ChangeRequest, "command">,
  frame: Frame,
  learnt: Learnt,
  world: World,
): ChangeReport => ({
  command,
  ...headOf(frame, learnt, world),
  ...attempted(learnt),
  ...(learnt.row_counts === null ? {} : { row_counts: learnt.row_counts }),
});

export const verifyReport = (frame: Frame, learnt: Learnt, world: World): VerifyReport => ({
  command: "verify",
  ...headOf(frame, learnt, world),
  ...attempted(learnt),
  recorded: learnt.recorded,
  pending: learnt.pending,
  stuck_runs: learnt.stuck_runs,
  integrity: learnt.integrity,
});

/** What the report of a run that is over comes to once its row is written: the row holds it. */
export const asRecorded = (learnt: Learnt, attempt: number, frame: Frame, world: World): Learnt => ({
  ...learnt,
  recorded: true,
  ended: endOf(frame, world),
  attempt,
});
