import { Argument, Option } from "commander";
import { ADOPTABLE } from "#engine/adoption/tool_history.ts";
import type { VerbEntry } from "./verb_entry.ts";

/** Verbs about what is recorded: they settle it, take it over, look after it and show it. */
export const HISTORY_VERBS = {
  mark: {
    report: "mark",
    load: () => import("./mark.ts"),
    define: (command) =>
      command
        .description("settle what no program can know: a person's word, with --reason")
        .argument("<version>", "the migration")
        .addArgument(new Argument("<state>", "what it is").choices(["applied", "pending"])),
  },
  adopt: {
    report: "adopt",
    load: () => import("./adopt.ts"),
    define: (command) =>
      command
        .description("take over what another tool's history says is applied")
        .addOption(
          new Option("--from <tool>", "whose history; else the only one there is").choices(ADOPTABLE),
        )
        .option("--table <table>", "its table as SCHEMA.TABLE, where it bears another name")
        .option("--chain <file>", "of Alembic: its revisions in order, one a line")
        .option("--dry-run", "show what would be recorded, change nothing"),
  },
  baseline: {
    report: "baseline",
    load: () => import("./baseline.ts"),
    define: (command) =>
      command
        .description("record all up to a version as applied, in a database without a history")
        .option("--version <version>", "where the database is; it must be given")
        .addOption(
          new Option(
            "--verify <which>",
            "what must pass: the verification of all of them, of the last, or none",
          )
            .choices(["last", "all", "none"])
            .default("all"),
        ),
  },
  repair: {
    report: "repair",
    load: () => import("./repair.ts"),
    define: (command) =>
      command
        .description("record changed files of applied migrations as they are now, with --reason")
        .argument("[versions...]", "only these; else all that were changed")
        .option("--dry-run", "show what would be recorded, change nothing"),
  },
  checklist: {
    report: "checklist",
    load: () => import("./checklist.ts"),
    answers: true,
    define: (command) =>
      command
        .description("go through what is to be looked after before, during or after a run")
        .addArgument(new Argument("<phase>", "which list").choices(["pre", "during", "post"]))
        .option("--run <id>", "the run it is for: the result is recorded with it"),
  },
  runs: {
    report: "runs",
    load: () => import("./runs.ts"),
    no_bundle: true,
    answers: true,
    define: (command) =>
      command
        .description("list recorded runs")
        .option("--run <id>", "one run, with what each of its steps did"),
  },
} as const satisfies Record<string, VerbEntry>;
