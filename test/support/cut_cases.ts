import type { Break, ClientMessage } from "./proxy.ts";

/** What happens at a message: to its connection, to the process that sent it, or to the backend that gets it. */
export const CUT_KINDS = [
  "reset",
  "half-close",
  "half-close-client",
  "freeze",
  "drop-reply",
  "kill",
  "terminate",
] as const satisfies readonly (Break | "drop-reply" | "kill" | "terminate")[];
export type CutKind = (typeof CUT_KINDS)[number];

/** Which part of a run a message belongs to. */
export const PHASES = ["connect", "lock", "claim", "step", "commit", "close"] as const;
export type Phase = (typeof PHASES)[number];

/** One way to break a run: `kind`, before or after its message `at` is handed on. */
export interface CutCase {
  readonly kind: CutKind;
  readonly when: "before" | "after";
  readonly at: number;
  readonly phase: Phase;
}

export const caseLabel = ({ kind, when, at, phase }: CutCase): string =>
  `${kind} ${when} message ${at} (${phase})`;

/** The phase of each message of a whole run, in order. */
export function phasesOf(messages: readonly ClientMessage[]): readonly Phase[] {
  // The look at what the history has become comes after the last step.
  const end = messages.findLastIndex(({ sql }) => sql?.startsWith("SELECT pg_catalog.count(*), ") === true);
  let phase: Phase = "connect";
  return messages.map(({ sql }, at) => {
    if (sql?.includes("pg_try_advisory_lock") === true) phase = "lock";
    else if (phase === "lock" && sql?.startsWith("BEGIN") === true) phase = "claim";
    else if (phase === "claim" && sql?.startsWith("CLOSE ALL") === true) phase = "step";
    else if (at === end) phase = "close";
    return phase === "step" && sql?.startsWith("COMMIT") === true ? "commit" : phase;
  });
}

/** Every way to break the run whose messages these are. */
export function everyCut(messages: readonly ClientMessage[]): readonly CutCase[] {
  const phases = phasesOf(messages);
  return messages.flatMap(({ type }, at) =>
    CUT_KINDS.flatMap((kind) =>
      momentsOf(kind, type).map((when): CutCase => ({ kind, when, at, phase: phases[at] ?? "connect" })),
    ),
  );
}

function momentsOf(kind: CutKind, type: string): readonly CutCase["when"][] {
  // Only what is answered by itself has a reply to drop.
  if (kind === "drop-reply") return ["Q", "S"].includes(type) ? ["before"] : [];
  // Before the login is done no backend of the run can be found.
  if (kind === "terminate" && ["", "p"].includes(type)) return [];
  return ["before", "after"];
}

/** One case of each kind in each phase, as `random` has it. */
export function sampleCuts(cases: readonly CutCase[], random: () => number): readonly CutCase[] {
  return CUT_KINDS.flatMap((kind) =>
    PHASES.flatMap((phase) => {
      const fit = cases.filter((one) => one.kind === kind && one.phase === phase);
      return fit.slice(Math.floor(random() * fit.length)).slice(0, 1);
    }),
  );
}
