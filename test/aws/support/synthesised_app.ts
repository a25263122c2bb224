import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { COMMANDS, type Command } from "../../../cdk/names.ts";
import { synth } from "./cdk.ts";
import type { LocalDatabase } from "./local_database.ts";

/** A function as the CDK would upload it. */
export interface Artifact {
  readonly folder: string;
  readonly handler: string;
  /** What the stack configures it with. */
  readonly environment: Readonly<Record<string, string>>;
  readonly timeout_s: number;
}

/** Our own app, synthesised. */
export interface SynthesisedApp {
  /** For `cdk deploy --app`. */
  readonly assembly: string;
  readonly functions: Readonly<Record<Command, Artifact>>;
  remove(): Promise<void>;
}

export interface AppOptions {
  readonly target: string;
  /** The bundle's name where an event gives none. */
  readonly bundle: string;
  readonly database: LocalDatabase;
  readonly secrets: { readonly migrator: string; readonly reader: string };
  /** Sections of the configuration to replace. */
  readonly config?: Readonly<Record<string, unknown>>;
}

const EXAMPLE = join(import.meta.dirname, "..", "..", "..", "deploy", "example-local.json");

/** `cdk synth` of deploy/example-local.json, led to that database and those secrets. */
export async function synthesiseApp(options: AppOptions): Promise<SynthesisedApp> {
  const folder = await mkdtemp(join(tmpdir(), "paws-migrate-app-"));
  const config = join(folder, "config.json");
  const assembly = join(folder, "out");
  await writeFile(config, JSON.stringify(await configOf(options)));
  await synth(["--context", `config=${config}`, "--output", assembly]);
  return {
    assembly,
    functions: await functionsIn(assembly, `paws-${options.target}-`),
    remove: () => rm(folder, { recursive: true }),
  };
}

async function configOf({ target, bundle, database, secrets, config }: AppOptions): Promise<object> {
  const example = JSON.parse(await readFile(EXAMPLE, "utf8"));
  const { host, port, name, owner, history_schema } = database;
  return {
    ...example,
    target,
    bundle: { name: bundle },
    history: { schema: history_schema },
    database: {
      ...example.database,
      host,
      port,
      name,
      ownerRole: owner,
      migratorSecretArn: secrets.migrator,
      readerSecretArn: secrets.reader,
      caFile: database.authority.files.root,
    },
    ...config,
  };
}

/** A function in a template; other resources have not all of it. */
interface Resource {
  readonly Type: string;
  readonly Metadata: { readonly "aws:asset:path": string };
  readonly Properties: {
    readonly FunctionName: string;
    readonly Handler: string;
    readonly Timeout: number;
    readonly Environment: { readonly Variables: Readonly<Record<string, string>> };
  };
}

async function functionsIn(assembly: string, prefix: string): Promise<SynthesisedApp["functions"]> {
  const template = JSON.parse(await readFile(join(assembly, "PawsJobStack.template.json"), "utf8"));
  const found = new Map<string, Artifact>();
  for (const { Type, Properties, Metadata } of Object.values<Resource>(template.Resources)) {
    if (Type !== "AWS::Lambda::Function") continue;
    found.set(Properties.FunctionName, {
      folder: join(assembly, Metadata["aws:asset:path"]),
      handler: Properties.Handler,
      environment: Properties.Environment.Variables,
      timeout_s: Properties.Timeout,
    });
  }
  const artifact = (command: Command): Artifact => {
    const one = found.get(`${prefix}${command}`);
    if (one === undefined) throw new Error(`the template has no function ${prefix}${command}`);
    return one;
  };
  const [apply, rollback, verify, status] = COMMANDS;
  return {
    apply: artifact(apply),
    rollback: artifact(rollback),
    verify: artifact(verify),
    status: artifact(status),
  };
}
