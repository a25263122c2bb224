import { Option } from "commander";

type Line = readonly [flags: string, description: string, choices?: readonly string[]];

const FUNCTION: readonly Line[] = [
  ["--status-function <name>", "the function that tells of runs (default the one beside it)"],
  ["--sync", "wait for the function's own answer: for runs of less than 5 minutes"],
];

const REQUEST: readonly Line[] = [
  ["--event <file>", "the whole event, as JSON, instead of what follows"],
  ["--to <version>", "as the verb takes it"],
  ["--steps <number>", "as the verb takes it"],
  ["--from <version>", "of rollback: this version and all above it"],
  ["--allow-out-of-order", "of apply: also what is below the newest applied version"],
  ["--record-consolidated", "of apply: record what was consolidated, and apply nothing"],
  ["--dry-run", "plan, and change nothing"],
  ["--integrity", "of verify: also look for what is wrong with the schema"],
  ["--verify <which>", "of rollback: verification after it", ["last", "all", "none"]],
  ["--target <word>", "the configured name of the database; another one is refused"],
];

const BUNDLE: readonly Line[] = [
  ["--published <file>", "what `publish --json` printed: exactly that bundle"],
  ["--bundle-name <name>", "the bundle's name (default the function's)"],
  ["--bundle-version <version>", "its version (default latest)"],
  ["--key <key>", "the object's key, instead of name and version"],
  ["--version-id <id>", "the object's version"],
  ["--archive-sha256 <hex>", "sha256 of the archive"],
  ["--digest <hex>", "sha256 of the manifest"],
];

/** What `invoke` takes of its own. */
export function invokeOptions(): readonly Option[] {
  const option = ([flags, description, choices]: Line): Option => {
    const made = new Option(flags, description);
    return choices === undefined ? made : made.choices(choices);
  };
  return [
    new Option(
      "--function <name>",
      "the function's name or ARN, or what the functions' names begin with",
    ).makeOptionMandatory(),
    ...[...FUNCTION, ...REQUEST, ...BUNDLE].map(option),
  ];
}
