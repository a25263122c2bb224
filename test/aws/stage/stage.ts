import { beforeAll } from "vitest";
import type { Ended, Surroundings } from "../../support/terminal.ts";
import { useProgram } from "../../support/terminal.ts";
import { type Answer, invoke } from "../support/deployed_function.ts";
import { type Emulator, environmentOf } from "../support/emulator.ts";
import { AppDatabase, type Login } from "./app_database.ts";
import { type Files, inFolder } from "./bundle_folders.ts";
import { type Change, withChanged } from "./changed_function.ts";
import { BUNDLE, type Deployment, deployApp, newPasswords, TARGET } from "./deployment.ts";
import { LoginSecrets } from "./login_secrets.ts";
import { publishByLibrary } from "./publish_by_library.ts";
import { startTlsServer, type TlsServer } from "./tls_server.ts";

export type Command = "apply" | "rollback" | "verify" | "status";

/** What a published bundle is known by, as `publish --json` tells. */
export interface Published {
  readonly key: string;
  readonly version_id: string;
  readonly archive_sha256: string;
  readonly digest: string;
}

/** Everything that a suite acts on: an emulator with our app on it, a database, and the terminal. */
export class Stage {
  readonly passwords: Record<Login, string> = newPasswords();
  private set: Set | null = null;

  readonly emulator: Emulator;
  private readonly program: ReturnType<typeof useProgram>;

  constructor(emulator: Emulator, program: ReturnType<typeof useProgram>) {
    this.emulator = emulator;
    this.program = program;
  }

  async open(): Promise<void> {
    const server = await timed(this.emulator, "a PostgreSQL with TLS", () =>
      startTlsServer(this.emulator.database_host),
    );
    const database = await AppDatabase.create(server.server.connection, this.passwords);
    const secrets = new LoginSecrets(this.emulator);
    for (const login of ["migrator", "reader"] as const) await secrets.create(login, this.passwords[login]);
    const deployment = await timed(this.emulator, "cdk deploy", () =>
      deployApp(this.emulator, server, secrets),
    );
    this.set = { server, database, secrets, deployment };
  }

  async close(): Promise<void> {
    await this.set?.server.stop();
    await this.set?.deployment.remove();
  }

  get server(): TlsServer {
    return this.there.server;
  }
  get database(): AppDatabase {
    return this.there.database;
  }
  get secrets(): LoginSecrets {
    return this.there.secrets;
  }
  get deployment(): Deployment {
    return this.there.deployment;
  }

  /** Waits for the answer; the event goes to the alias that everyone invokes. */
  invoke(command: Command, event: object): Promise<Answer> {
    return invoke(this.emulator, `${functionName(command)}:live`, event);
  }

  /** Invokes the function as it is under another configuration. */
  withFunction<T>(
    command: Command,
    change: Change,
    work: (invoke: (event: object) => Promise<Answer>) => Promise<T>,
  ): Promise<T> {
    return withChanged(this.emulator, functionName(command), change, work);
  }

  /** The terminal, in an account that is the emulator. */
  terminal(words: readonly string[], { env = {}, ...more }: Surroundings = {}): Promise<Ended> {
    return this.program.run(words, { ...more, env: { ...environmentOf(this.emulator), ...env } });
  }

  /** `paws-migrate publish`, of a bundle with these files. */
  publish(version: string, files: Files, name = BUNDLE): Promise<Published> {
    return inFolder(name, files, async (folder) => {
      const { bucket } = this.deployment;
      return publishByLibrary(this.emulator, folder, bucket, name, version);
      const named = ["--bucket", bucket, "--name", name, "--version", version];
      const ended = await this.terminal(["publish", folder, ...named, "--json"]);
      if (ended.status !== 0)
        throw new Error(`publish: exit ${ended.status}\n${ended.stdout}${ended.stderr}`);
      return JSON.parse(ended.stdout);
    });
  }

  private get there(): Set {
    if (this.set === null) throw new Error("the stage is not open yet");
    return this.set;
  }
}

interface Set {
  readonly server: TlsServer;
  readonly database: AppDatabase;
  readonly secrets: LoginSecrets;
  readonly deployment: Deployment;
}

export const functionName = (command: Command): string => `paws-${TARGET}-${command}`;

/** For the tests of one file. */
export function useStage(emulator: Emulator): Stage {
  const stage = new Stage(emulator, useProgram());
  beforeAll(async () => {
    await stage.open();
    return () => stage.close();
  });
  return stage;
}

/** Tells on stderr what it took. */
async function timed<T>({ name }: Emulator, what: string, work: () => Promise<T>): Promise<T> {
  const began = performance.now();
  const made = await work();
  process.stderr.write(`${name}: ${((performance.now() - began) / 1000).toFixed(1)} s for ${what}\n`);
  return made;
}
