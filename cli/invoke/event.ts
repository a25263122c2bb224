import { type Fault, fault, MigrationFault } from "#engine/errors.ts";
import type { CommonOptions } from "../options.ts";
import { countOf } from "../requests.ts";
import { readRunOptions } from "../run_options.ts";
import type { FunctionVerb } from "./function_name.ts";
import { hiddenFaults } from "./hidden_faults.ts";
import { readJson } from "./json_file.ts";

/** What a function is sent: JSON, with the names that its event has. */
export type InvokeEvent = Readonly<Record<string, unknown>>;

export interface EventOptions extends CommonOptions {
  readonly to?: string;
  readonly steps?: string;
  readonly from?: string;
  readonly allowOutOfOrder?: true;
  readonly recordConsolidated?: true;
  readonly dryRun?: true;
  readonly verify?: string;
  readonly integrity?: true;
  readonly target?: string;
  readonly bundleName?: string;
  readonly bundleVersion?: string;
  readonly key?: string;
  readonly versionId?: string;
  readonly archiveSha256?: string;
  readonly digest?: string;
  readonly published?: string;
  readonly event?: string;
}

type Name = keyof EventOptions;

/** Options of a request, and the verbs whose events have them. */
const OF_VERBS: Partial<Record<Name, readonly FunctionVerb[]>> = {
  to: ["apply", "rollback"],
  steps: ["apply", "rollback"],
  from: ["rollback"],
  allowOutOfOrder: ["apply"],
  recordConsolidated: ["apply"],
  verify: ["rollback"],
  dryRun: ["apply", "rollback"],
  integrity: ["verify"],
};

/** Which migrations are applied, and how: recording applies none. */
const BESIDE_RECORDING: readonly Name[] = ["to", "steps", "allowOutOfOrder", "dryRun"];

/** Where the database is, as whom and for how long: the function has it by its configuration. */
const CONFIGURED: readonly Name[] = [
  "dir",
  "host",
  "port",
  "dbname",
  "user",
  "databaseUrl",
  "sslmode",
  "sslrootcert",
  "role",
  "allowSessionPooler",
  "historySchema",
  "statementTimeout",
  "timeout",
  "wait",
  "placeholder",
];

const BUNDLE = {
  bundleName: "name",
  bundleVersion: "version",
  key: "key",
  versionId: "version_id",
  archiveSha256: "archive_sha256",
  digest: "digest",
} as const satisfies Partial<Record<Name, string>>;

const TIMES = {
  lockWait: "lock_wait",
  retryFor: "retry_for",
  maxLockHold: "max_lock_hold",
} as const satisfies Partial<Record<Name, string>>;

/** What --event says already. */
const REQUEST: readonly Name[] = [
  ...(Object.keys(OF_VERBS) as Name[]),
  ...(Object.keys(BUNDLE) as Name[]),
  ...(Object.keys(TIMES) as Name[]),
  "published",
  "target",
  "strict",
  "reason",
];

/**
 * The event of a verb, from the command line or from the file of --event. Throws a MigrationFault with every option
 * that cannot be used. `words` are the versions of `verify`.
 */
export function eventOf(
  verb: FunctionVerb,
  words: readonly string[],
  options: EventOptions,
  cwd: string,
): InvokeEvent {
  const faults: Fault[] = [
    ...CONFIGURED.filter((name) => options[name] !== undefined).map((name) =>
      fault("bad-argument", `${flag(name)} is not for invoke: the function has it by its configuration.`),
    ),
    ...(Object.keys(OF_VERBS) as Name[])
      .filter((name) => options[name] !== undefined && OF_VERBS[name]?.includes(verb) !== true)
      .map((name) => fault("bad-argument", `invoke ${verb} has no ${flag(name)}.`)),
    ...(words.length > 0 && verb !== "verify"
      ? [fault("bad-argument", `invoke ${verb} takes no versions: ${words.join(" ")}.`)]
      : []),
    ...twice(options, ["to", "steps", "from"]),
    ...BESIDE_RECORDING.flatMap((name) => twice(options, ["recordConsolidated", name])),
  ];
  const { run } = readRunOptions(options, {});
  const [first, ...rest] = faults;
  if (first !== undefined) throw new MigrationFault(first, ...rest);
  if (options.event !== undefined) return fromFile(options.event, words, options, cwd);
  const bundle = bundleOf(options, cwd);
  const event = {
    run_id: run.run_id ?? undefined,
    target: options.target,
    bundle: Object.keys(bundle).length === 0 ? undefined : bundle,
    to: options.to,
    steps: options.steps === undefined ? undefined : countOf(options.steps),
    from: options.from,
    allow_out_of_order: options.allowOutOfOrder,
    record_consolidated: options.recordConsolidated,
    dry_run: options.dryRun,
    verify: options.verify,
    integrity: options.integrity,
    versions: words.length === 0 ? undefined : words,
    ...Object.fromEntries(Object.entries(TIMES).map(([name, field]) => [field, options[name as Name]])),
    strict: options.strict,
    reason: options.reason,
    requested_by: run.requested_by ?? undefined,
  };
  return defined(event);
}

/** As it is, but for a run id of the command line where the file has none. */
function fromFile(path: string, words: readonly string[], options: EventOptions, cwd: string): InvokeEvent {
  const also = REQUEST.filter((name) => options[name] !== undefined).map(flag);
  if (words.length > 0) also.push(words.join(" "));
  if (also.length > 0) {
    throw new MigrationFault(
      fault("bad-argument", `--event holds the whole request; beside it there is ${also.join(", ")}.`),
    );
  }
  const event = readJson(path, "--event", cwd);
  const [wrong, ...more] = hiddenFaults(event);
  if (wrong !== undefined) throw new MigrationFault(wrong, ...more);
  if (options.runId === undefined) return event;
  if (event.run_id === undefined || event.run_id === options.runId)
    return { ...event, run_id: options.runId };
  throw new MigrationFault(
    fault("bad-argument", `--run-id is ${options.runId}, and ${path} says ${JSON.stringify(event.run_id)}.`),
  );
}

/** What `publish --json` printed, and over it what the command line says. */
function bundleOf(options: EventOptions, cwd: string): InvokeEvent {
  const fields = Object.values(BUNDLE);
  const printed = options.published === undefined ? {} : readJson(options.published, "--published", cwd);
  const found = nested(printed);
  const published = Object.fromEntries(fields.map((field) => [field, found[field]]));
  if (options.published !== undefined && typeof published.key !== "string") {
    throw new MigrationFault(
      fault("bad-argument", `${options.published} is not what \`publish --json\` prints: it holds no key.`),
    );
  }
  const said = Object.fromEntries(
    Object.entries(BUNDLE).map(([name, field]) => [field, options[name as Name]]),
  );
  // A key names one bundle by itself.
  const { name: _, version: __, ...pinned } = published;
  return defined({ ...(options.published === undefined ? published : pinned), ...defined(said) });
}

/** The report of `publish` holds it one level down. */
const nested = (printed: InvokeEvent): InvokeEvent =>
  typeof printed.published === "object" && printed.published !== null
    ? (printed.published as InvokeEvent)
    : printed;

function twice(options: EventOptions, names: readonly Name[]): readonly Fault[] {
  const given = names.filter((name) => options[name] !== undefined);
  if (given.length < 2) return [];
  return [fault("bad-argument", `${given.map(flag).join(" and ")} exclude each other.`)];
}

/** `lockWait` as the command line spells it: `--lock-wait`. */
const flag = (name: string): string =>
  `--${name.replace("Sha256", "-sha256").replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;

const defined = (fields: InvokeEvent): InvokeEvent =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined && value !== null));
