import { Argument, Option } from "commander";
import type { BareReport } from "#engine/report.ts";
import { invokeOptions } from "./invoke/options.ts";
import type { VerbEntry } from "./verb_entry.ts";
import { FILE_VERBS } from "./verbs_files.ts";
import { HISTORY_VERBS } from "./verbs_history.ts";
import { RUN_VERBS } from "./verbs_run.ts";

/** Every verb, in the order in which help lists them. */
export const VERBS = {
  ...RUN_VERBS,
  ...HISTORY_VERBS,
  ...FILE_VERBS,
  invoke: {
    report: "invoke",
    load: () => import("./invoke.ts"),
    no_bundle: true,
    define: (command) => {
      command
        .description("have the functions in AWS do it, and follow the run")
        .addArgument(new Argument("<verb>", "what to do").choices(["apply", "rollback", "verify", "status"]))
        .argument("[versions...]", "of verify: only these");
      for (const option of invokeOptions()) command.addOption(option);
    },
  },
  demo: {
    report: "demo",
    load: () => import("./demo.ts"),
    no_bundle: true,
    answers: true,
    define: (command) =>
      command
        .description("apply, roll back and apply PAWS360 on a PostgreSQL of its own, from nothing")
        .option("--keep", "leave that PostgreSQL running")
        .addOption(new Option("--stop", "stop one that was left running, and remove it").conflicts("keep")),
  },
  seed: {
    report: "demo",
    load: () => import("./seed.ts"),
    no_bundle: true,
    hidden: true,
    define: (command) =>
      command
        .description("load rows for development into the database")
        .argument("[folder]", "of *.sql files; else seed/<database>, or seed/paws360"),
  },
} as const satisfies Record<string, VerbEntry>;

export type VerbName = keyof typeof VERBS;

/** The report's `command` for a verb, a spelling of one, or no verb at all. */
export const reportCommand = (verb: string | null): BareReport["command"] =>
  verb === "apply" ? "up" : verb !== null && verb in VERBS ? VERBS[verb as VerbName].report : "help";
