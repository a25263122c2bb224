import { Argument, Option } from "commander";
import { gathered } from "./options.ts";
import type { VerbEntry } from "./verb_entry.ts";

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

/** Verbs that plan, run and verify a bundle on a database, and show what is applied. */
export const RUN_VERBS = {
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
} as const satisfies Record<string, VerbEntry>;
