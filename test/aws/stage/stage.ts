import { beforeAll } from "vitest";
import { type Command, functionName } from "../../../cdk/names.ts";
import { type Ended, type Surroundings, useProgram } from "../../support/terminal.ts";
import { type DeployedApp, deployApp, type PublishedBundle } from "../support/deployed_app.ts";
import type { Answer } from "../support/deployed_function.ts";
import { type Emulator, environmentOf } from "../support/emulator.ts";
import { startLocalDatabase } from "../support/local_database.ts";
import { AppDatabase } from "./app_database.ts";
import { BundleBucket } from "./bundle_bucket.ts";
import { type Files, inFolder } from "./bundle_folders.ts";
import { type Change, withChanged } from "./changed_function.ts";
import { deliverAsAlias } from "./delivery.ts";
import { LoginSecrets } from "./login_secrets.ts";

export const TARGET = "e2e";

/** As `cdk/names.ts` makes it: what callers know. */
export const nameOf = (command: Command): string => functionName({ target: TARGET }, command);

interface Props {
  readonly app: DeployedApp;
  readonly database: AppDatabase;
  readonly secrets: LoginSecrets;
  readonly bucket: BundleBucket;
}

/** Everything that a suite acts on: an emulator with our app on it, a database, and the terminal. */
export class Stage {
  readonly emulator: Emulator;
  private readonly program: ReturnType<typeof useProgram>;
  private props: Props | null = null;

  constructor(emulator: Emulator, program: ReturnType<typeof useProgram>) {
    this.emulator = emulator;
    this.program = program;
  }

  async open(): Promise<void> {
    const local = await startLocalDatabase();
    const config = {
      functions: { memoryMb: 512, timeoutMinutes: 1 },
      schedule: { verify: "rate(1 day)" },
    };
    const app = await deployApp(this.emulator, { target: TARGET, database: local, config });
    await deliverAsAlias(this.emulator, nameOf);
    this.props = {
      app,
      database: await AppDatabase.over(local),
      secrets: new LoginSecrets(app),
      bucket: new BundleBucket(this.emulator, app.bucket),
    };
  }

  async close(): Promise<void> {
    if (this.props === null) return;
    this.props.secrets.close();
    this.props.bucket.close();
    await this.props.app.remove();
    await this.database.local.stop();
  }

  get app(): DeployedApp {
    return this.there.app;
  }
  get database(): AppDatabase {
    return this.there.database;
  }
  get secrets(): LoginSecrets {
    return this.there.secrets;
  }

  /** Waits for the answer; the event goes to the alias that everyone invokes. */
  invoke(command: Command, event: object): Promise<Answer> {
    return this.app.invoke(command, event);
  }

  /** Invokes the function as it is under another configuration. */
  withFunction<T>(
    command: Command,
    change: Change,
    work: (invoke: (event: object) => Promise<Answer>) => Promise<T>,
  ): Promise<T> {
    return withChanged(this.emulator, nameOf(command), change, work);
  }

  /** The terminal, in an account that is the emulator. */
  terminal(words: readonly string[], { env = {}, ...more }: Surroundings = {}): Promise<Ended> {
    return this.program.run(words, { ...more, env: { ...environmentOf(this.emulator), ...env } });
  }

  /** Puts a bundle with these files where functions look for it. */
  put(version: string, files: Files, name: string = TARGET): Promise<PublishedBundle> {
    return this.there.bucket.put(name, version, files);
  }

  /** `paws-migrate publish`, which takes longer, of a bundle with these files; returns what it tells a pipeline. */
  publish(version: string, files: Files, name: string = TARGET): Promise<PublishedBundle> {
    return inFolder(name, files, async (folder) => {
      const named = ["--bucket", this.app.bucket, "--name", name, "--version", version];
      const ended = await this.terminal(["publish", folder, ...named, "--json"]);
      if (ended.status !== 0)
        throw new Error(`publish: exit ${ended.status}\n${ended.stdout}${ended.stderr}`);
      return JSON.parse(ended.stdout).published;
    });
  }

  private get there(): Props {
    if (this.props === null) throw new Error("the stage is not open yet");
    return this.props;
  }
}

/** For the tests of one file. */
export function useStage(emulator: Emulator): Stage {
  const stage = new Stage(emulator, useProgram());
  beforeAll(async () => {
    await stage.open();
    return () => stage.close();
  });
  return stage;
}
