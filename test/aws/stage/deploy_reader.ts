import { dirname, join } from "node:path";
import { CreateSecretCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import pg from "pg";
import { root } from "../../support/docs_page.ts";
import { clientOf, type Emulator, environmentOf } from "../support/emulator.ts";
import { type LocalDatabase, startLocalDatabase } from "../support/local_database.ts";
import { JOURNAL } from "./app_database.ts";
import { type Files, filesOf } from "./bundle_folders.ts";
import { openReaderFolder, type Ran, type ReaderFolder } from "./reader_folder.ts";

/** The page's own, which it exports. */
const [REGION, TARGET, BUNDLE] = ["eu-west-1", "orders-prod", "orders"];

/** Somebody who follows docs/deploy.md, with an emulator for an account and a database that is there. */
export class DeployReader {
  private readonly emulator: Emulator;
  private readonly local: LocalDatabase;
  private readonly folder: ReaderFolder;

  private constructor(emulator: Emulator, local: LocalDatabase, folder: ReaderFolder) {
    this.emulator = { ...emulator, region: REGION };
    this.local = local;
    this.folder = folder;
  }

  /** `program` is the built paws-migrate, `python` that of the environment that has the AWS CLI in it. */
  static async open(emulator: Emulator, program: string, python: string): Promise<DeployReader> {
    const local = await startLocalDatabase();
    const start = (file: string) => `shift; exec '${process.execPath}' '${file}' "$@"`;
    // `npx` without npm's own start, which takes a second each time.
    const npx = `case "$1" in
      cdk) ${start(join(root, "node_modules/aws-cdk/bin/cdk"))};;
      paws-migrate) ${start(program)};;
      *) exec '${join(dirname(process.execPath), "npx")}' "$@";;
    esac`;
    // Its first line leads to where it was installed before it was moved.
    const aws = `exec '${python}' '${join(dirname(python), "aws")}' "$@"`;
    // The page sets one region; of two, the AWS CLI takes this one.
    const { AWS_DEFAULT_REGION: _, ...environment } = environmentOf(emulator);
    const env = {
      ...environment,
      // Nobody is there to be asked.
      CDK_REQUIRE_APPROVAL: "never",
      CDK_DISABLE_CLI_TELEMETRY: "true",
      AWS_PAGER: "",
    };
    return new DeployReader(emulator, local, await openReaderFolder(env, { npx, aws }));
  }

  run(line: string): Promise<Ran> {
    return this.folder.run(line);
  }

  /** What the page leaves to its reader: account, database, and what is not to be made. */
  async editConfiguration(file: string): Promise<void> {
    const { port, owner, host, authority, migrator, reader, history_schema } = this.local;
    const [account, region] = [this.emulator.account, REGION];
    const secret = await this.secrets({ migrator, reader });
    const config = {
      target: TARGET,
      env: { account, region },
      network: { mode: "none" },
      database: {
        mode: "existing",
        ...{ host, port, name: BUNDLE, ownerRole: owner, caFile: authority.files.root },
        migratorSecretArn: secret.migrator,
        readerSecretArn: secret.reader,
      },
      history: { schema: history_schema },
      bundle: { name: BUNDLE },
      removal: "destroy",
    };
    await this.folder.write(file, JSON.stringify(config));
  }

  /** As the master user, in the database that is to be migrated. */
  async runAsMaster(file: string): Promise<void> {
    await this.query(await this.folder.read(file));
    if (file === "roles.sql") await this.query(JOURNAL);
  }

  async makeDatabase(): Promise<void> {
    await this.local.query(`CREATE DATABASE ${BUNDLE}`);
  }

  /** The versions in the history, none where there is no history. */
  async applied(): Promise<readonly number[]> {
    const [there] = await this.query("SELECT to_regclass('app_migrations.schema_migrations') AS history");
    if (there?.history == null) return [];
    const rows = await this.query("SELECT version FROM app_migrations.schema_migrations ORDER BY version");
    return rows.map(({ version }) => Number(version));
  }

  private async query(sql: string): Promise<readonly Record<string, unknown>[]> {
    const client = new pg.Client({ ...this.local.server.connection, database: BUNDLE });
    await client.connect();
    try {
      return (await client.query(sql)).rows;
    } finally {
      await client.end();
    }
  }

  async writeBundle(files: Files): Promise<void> {
    for (const [path, text] of filesOf(BUNDLE, files)) {
      await this.folder.write(`migrations/${BUNDLE}/${path}`, text);
    }
  }

  async close(): Promise<void> {
    await this.folder.remove();
    await this.local.stop();
  }

  /** Under the names that the data stack would give them. */
  private async secrets(logins: Record<"migrator" | "reader", object>): Promise<Record<string, string>> {
    const client = new SecretsManagerClient(clientOf(this.emulator));
    const made: [string, string][] = [];
    for (const [which, login] of Object.entries(logins)) {
      const command = new CreateSecretCommand({
        Name: `paws-${TARGET}/${which}`,
        SecretString: JSON.stringify(login),
      });
      made.push([which, (await client.send(command)).ARN ?? ""]);
    }
    client.destroy();
    return Object.fromEntries(made);
  }
}
