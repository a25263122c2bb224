import { Option } from "commander";
import { TOOLS } from "#engine/layouts/pile.ts";
import { gathered } from "./options.ts";
import type { VerbEntry } from "./verb_entry.ts";

const bundleName = new Option("--name <name>", "the bundle's name, where bundle.json gives none");
const bundleVersion = new Option("--version <version>", "its version, where bundle.json gives none");

/** Verbs about files: of a bundle, of another tool, of an archive. */
export const FILE_VERBS = {
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
            .argParser(gathered),
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
          new Option("--template <kind>", "what the files begin with; else as bundle.json has it").choices([
            "plain",
            "story",
          ]),
        )
        .option("--repeatable", "the two files of a repeatable migration instead"),
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
} as const satisfies Record<string, VerbEntry>;
