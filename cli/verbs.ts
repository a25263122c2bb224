import { Argument, type Command, Option } from "commander";
import { ADOPTABLE } from "#engine/adoption/tool_history.ts";
import { TOOLS } from "#engine/layouts/pile.ts";
import type { BareReport } from "#engine/report.ts";
import type { Verb } from "./call.ts";
import { invokeOptions } from "./invoke/options.ts";
import { gathered } from "./options.ts";

/** A verb as the command line spells it, and the report it leads to. */
export interface VerbEntry {
  readonly report: BareReport["command"];
  /** Loaded only when it is called: what it needs takes longer to load than `--version` to answer. */
  readonly load: () => Promise<{ readonly run: Verb }>;
  readonly define: (command: Command) => void;
  /** Its report is what was asked for: no lines of progress come before it, and --quiet does not drop it. */
  readonly answers?: boolean;
  /** It reads no bundle: --bundle would say nothing. */
  readonly no_bundle?: true;
  /** A script of this repository, and no verb of the job. */
  readonly hidden?: true;
}

const to = (description: string) => new Option("--to <version>", description);
const steps = (description: string) => new Option("--steps <number>", description).conflicts("to");
const outOfOrder = new Option("--allow-out-of-order", "also apply what is below the newest applied version");
const verifyAfter = new Option(
  "--verify <which>",
  "verification after a rollback: of the newest that stays, of all, or none",
)
  .choices(["last", "all", "none"])
  .default("last");

const counted = [
  new Option("--count <table>", "count the rows of SCHEMA.TABLE before and after; may be repeated").argParser(
    gathered,
  ),
  new Option("--count-under <size>", "count the rows of all tables below this size: 10MB"),
] as const;

const bundleName = new Option("--name <name>", "the bundle's name, where bundle.json gives none");
const bundleVersion = new Option("--version <version>", "its version, where bundle.json gives none");

/** Every verb, in the order in which help lists them. */
export const VERBS = {
  up: {
    report: "up",
    load: () => import("./up.ts"),
    define: (command) =>
      command
        .alias("apply")
        .description("apply what is pending")
        .addOption(to("apply up to this version"))
        .addOption(steps("apply at most so many"))
        .option("--dry-run", "show the plan, change nothing")
        .addOption(outOfOrder)
        .addOption(counted[0])
        .addOption(counted[1]),
  },
  down: {
    report: "rollback",
    load: () => import("./down.ts"),
    define: (command) =>
      command
        .description("remove this version and all above it")
        .argument("<version>", "the lowest version to remove")
        .addOption(verifyAfter)
        .addOption(counted[0])
        .addOption(counted[1]),
  },
  rollback: {
    report: "rollback",
    load: () => import("./rollback.ts"),
    define: (command) =>
      command
        .description("roll back the last migration, or more, newest first")
        .addOption(to("keep this version and remove all above it; 0 removes all"))
        .addOption(steps("roll back so many"))
        .addOption(verifyAfter)
        .addOption(counted[0])
        .addOption(counted[1]),
  },
  verify: {
    report: "verify",
    load: () => import("./verify.ts"),
    define: (command) =>
      command
        .description("run verification scripts against what is applied, read-only")
        .argument("[versions...]", "only these; else everything that is applied")
        .option(
          "--integrity",
          "also look for what is wrong with the schema: keys, indexes, triggers, policies",
        ),
  },
  status: {
    report: "status",
    load: () => import("./status.ts"),
    answers: true,
    define: (command) =>
      command
        .description("show what is applied, pending, changed or missing, and what failed")
        .option(
          "--exit-code",
          "exit with 3 when something is pending, changed, missing, unverified or partial",
        ),
  },
  plan: {
    report: "plan",
    load: () => import("./plan.ts"),
    answers: true,
    define: (command) =>
      command
        .description("show what a run would do, and every refusal, without doing it")
        .addArgument(
          new Argument("[verb]", "of which verb").choices(["up", "apply", "rollback", "down"]).default("up"),
        )
        .argument("[version]", "of down: the lowest version to remove")
        .addOption(to("as the verb takes it"))
        .addOption(steps("as the verb takes it"))
        .addOption(outOfOrder)
        .addOption(verifyAfter),
  },
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
  consolidate: {
    report: "consolidate",
    load: () => import("./consolidate.ts"),
    define: (command) =>
      command
        .description("make one migration of several, and prove that it comes to the same")
        .argument("[folder]", "the bundle's folder; else as --dir has it")
        .option("--versions <list>", "which: A..B, or versions and ranges with commas")
        .option("--name <name>", "what the new one is called")
        .addOption(
          new Option(
            "--leave-out-verification <version>",
            "whose verification is not taken over; may come again",
          )
            // Not variadic: that would take the folder behind it.
            .argParser((version: string, before: readonly string[] = []) => [...before, version]),
        )
        .addOption(
          new Option(
            "--scratch <where>",
            "where the scratch databases are: on a PostgreSQL of its own, or the target's",
          )
            .choices(["embedded", "target"])
            .default("embedded"),
        )
        .option("--dry-run", "prove it, and write nothing")
        .addOption(
          new Option(
            "--record",
            "write into the database that the new ones stand for the applied ones",
          ).conflicts(["versions", "name", "dryRun", "leaveOutVerification"]),
        ),
  },
  create: {
    report: "create",
    load: () => import("./create.ts"),
    no_bundle: true,
    define: (command) =>
      command
        .description("write the three files of a new migration")
        .argument("<name...>", "what it does: letters, digits, spaces, `_` and `-`")
        .addOption(
          new Option("--template <kind>", "what the files begin with")
            .choices(["plain", "story"])
            .default("plain"),
        )
        .option("--repeatable", "the two files of a repeatable migration instead"),
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
  check: {
    report: "check",
    load: () => import("./check.ts"),
    answers: true,
    define: (command) =>
      command
        .description("check the files alone, without a database")
        .argument("[folder]", "the bundle's folder; else as --dir has it"),
  },
  audit: {
    report: "audit",
    load: () => import("./audit.ts"),
    no_bundle: true,
    answers: true,
    define: (command) =>
      command
        .description("say what is wrong with a folder of SQL, of whatever tool, without a database")
        .argument("[folder]", "the folder; else as --dir has it")
        .addOption(
          new Option("--from <tool>", "the tool it was written for; else it is recognised").choices(TOOLS),
        )
        .addOption(
          new Option("--format <form>", "a table for a terminal, or a page of Markdown")
            .choices(["table", "markdown"])
            .default("table"),
        )
        .option("--exit-code", "exit with 1 when a finding is an error"),
  },
  import: {
    report: "import",
    load: () => import("./import.ts"),
    no_bundle: true,
    answers: true,
    define: (command) =>
      command
        .description("make a bundle of another tool's migrations")
        .argument("<folder>", "that holds them")
        .addOption(new Option("--to <folder>", "the new bundle's folder").makeOptionMandatory())
        .addOption(new Option("--from <tool>", "whose they are, where it cannot be told").choices(TOOLS))
        .option("--dry-run", "show what would be written, write nothing")
        .option("--skip", "go on past what cannot be translated; it is listed as warnings"),
  },
  bundle: {
    report: "bundle",
    load: () => import("./bundle.ts"),
    answers: true,
    define: (command) =>
      command
        .description("write the files into one archive: equal files give equal bytes")
        .argument("[folder]", "the bundle's folder; else as --dir has it")
        .addOption(new Option("--out <file>", "the zip file; an older one is replaced").makeOptionMandatory())
        .addOption(bundleName)
        .addOption(bundleVersion),
  },
  publish: {
    report: "publish",
    load: () => import("./publish.ts"),
    answers: true,
    define: (command) =>
      command
        .description("put the archive into S3 as a new version of the bundle, written once")
        .argument("[folder]", "the bundle's folder; else as --dir has it")
        .addOption(new Option("--bucket <name>", "the bucket").makeOptionMandatory())
        .addOption(bundleName)
        .addOption(bundleVersion),
  },
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
