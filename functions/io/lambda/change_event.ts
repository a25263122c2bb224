import type { ChangeRequest } from "#engine/request.ts";
import { COUNTED, type CommonEvent, FLAG, PLAN_DIGEST } from "./event_fields.ts";

/** What every event that changes a database may hold, beside what all may. */
export const CHANGE = { dry_run: FLAG, expected_plan: PLAN_DIGEST, count: COUNTED } as const;

/** A dry run is held against no plan: it shows one. */
export const NOT_BOTH = ["dry_run", "expected_plan"] as const;

export interface AskedChange<R extends ChangeRequest> {
  readonly request: R;
  readonly common: CommonEvent;
  readonly dry_run: boolean;
  readonly expected_plan: string | null;
  /** Tables whose rows are counted. */
  readonly count: readonly string[];
}

export const askedChange = <R extends ChangeRequest>(
  request: R,
  read: CommonEvent & {
    readonly dry_run: boolean;
    readonly expected_plan?: string | undefined;
    readonly count: string[];
  },
): AskedChange<R> => ({
  request,
  common: read,
  dry_run: read.dry_run,
  expected_plan: read.expected_plan ?? null,
  count: read.count,
});
