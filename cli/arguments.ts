import { Command, CommanderError, Help } from "commander";
import { type Fault, fault } from "#engine/errors.ts";
import packageFile from "../package.json" with { type: "json" };
import { addCommonOptions, type CommonOptions } from "./options.ts";
import type { VerbEntry } from "./verb_entry.ts";
import { VERBS, type VerbName } from "./verbs.ts";

/** A verb with what it was given, unchecked but for names and counts. */
export interface Arguments {
  readonly verb: VerbName;
  readonly words: readonly string[];
  readonly options: CommonOptions & Readonly<Record<string, unknown>>;
}

/** What the command line asks for. `verb` of a fault is the one it got to, or null. */
export type Parsed =
  | { readonly kind: "call"; readonly call: Arguments }
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "fault"; readonly fault: Fault; readonly verb: string | null };

const DESCRIPTION =
  "Applies, verifies and rolls back SQL migrations on PostgreSQL. A change, its verification and its history " +
  "row commit together or not at all.";

/** Reads the words after the program's name. Nothing is written and nothing ends here. */
export function parseArguments(argv: readonly string[], width: number): Parsed {
  let printed = "";
  let called: Arguments | null = null;
  const program = new Command("paws-migrate")
    .description(DESCRIPTION)
    .usage("VERB [options]")
    // With a value it is an option of verbs that take one.
    .option("--version [version]", "show the version")
    .helpOption("-h, --help", "show this, or help about a verb")
    .helpCommand(false)
    .configureHelp({ formatHelp: verbsFirst, helpWidth: width })
    .commandsGroup("Verbs:")
    .configureOutput({ writeOut: (text) => (printed += text), writeErr: (text) => (printed += text) })
    .exitOverride();
  addCommonOptions(program);
  for (const [name, { define, hidden = false }] of Object.entries(VERBS) as [VerbName, VerbEntry][]) {
    const command = program
      .command(name, { hidden })
      .configureHelp({ showGlobalOptions: true, helpWidth: width });
    define(command);
    command.action((...given: unknown[]) => {
      const words = given
        .slice(0, -2)
        .flat()
        .filter((word): word is string => typeof word === "string");
      called = { verb: name, words, options: command.optsWithGlobals() };
    });
  }
  program
    .command("help")
    .description("show help about a verb")
    .argument("[verb]")
    .action((verb?: string) => {
      const known = verb === undefined || program.commands.some((one) => spellings(one).includes(verb));
      program.parse(known ? [...(verb === undefined ? [] : [verb]), "--help"] : [verb], { from: "user" });
    });
  try {
    program.parse(argv, { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.code === "commander.help" && asksForVersion(program, null)) return VERSION;
    if (error.code === "commander.help" && argv.includes("--json")) {
      return { kind: "fault", fault: fault("bad-argument", "There is no verb."), verb: null };
    }
    if (SHOWN.has(error.code)) return { kind: "text", text: printed };
    return { kind: "fault", fault: argumentFault(error), verb: verbOf(program, argv) };
  }
  if (asksForVersion(program, called)) return VERSION;
  return called === null ? { kind: "text", text: printed } : { kind: "call", call: called };
}

const VERSION = { kind: "text", text: `${packageFile.version}\n` } as const;

/** `--version` alone, or with what is no value of its own: `--version up`. */
function asksForVersion(program: Command, called: Arguments | null): boolean {
  const { version } = program.opts<{ readonly version?: string | true }>();
  if (version === undefined || version === true) return version === true;
  const taker = program.commands.find((command) => command.name() === called?.verb);
  return taker?.options.some(({ long }) => long === "--version") !== true;
}

/** Commander ends these with what it has printed: `commander.help` is no verb at all. */
const SHOWN = new Set(["commander.help", "commander.helpDisplayed"]);

function argumentFault(error: CommanderError): Fault {
  // What follows a `=` may be a password.
  const said = error.message.replace(/^error: /, "").replace(/(unknown option '[^'=]*)=[^\n]*'/, "$1'");
  const [message = "", suggestion] = said.split("\n");
  const first = message.charAt(0).toUpperCase() + message.slice(1);
  const remedy = suggestion?.replace(/^\((.*)\)$/, "$1");
  return fault("bad-argument", `${first.replace(/[.?]?$/, ".")}`, remedy === undefined ? {} : { remedy });
}

/** The verbs are what a reader looks for. */
function verbsFirst(command: Command, help: Help): string {
  const [usage = "", description = "", ...sections] = new Help().formatHelp
    .call(help, command, help)
    .split("\n\n");
  const verbs = sections.filter((section) => section.startsWith("Verbs:"));
  return [usage, description, ...verbs, ...sections.filter((section) => !verbs.includes(section))]
    .map((section) => section.trimEnd())
    .join("\n\n")
    .concat("\n");
}

const spellings = (command: Command): readonly string[] => [command.name(), ...command.aliases()];

const verbOf = (program: Command, argv: readonly string[]): string | null => {
  const first = argv.find((word) => !word.startsWith("-"));
  return program.commands.flatMap(spellings).find((name) => name === first) ?? null;
};
