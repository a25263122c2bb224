import { InvokeCommand, LambdaClient } from "@aws-sdk/client-lambda";
import {
  CreateSecretCommand,
  DeleteSecretCommand,
  SecretsManagerClient,
} from "@aws-sdk/client-secrets-manager";
import { bucketName, type Command, functionName } from "../../../cdk/names.ts";
import { deploy, destroy, type Outputs } from "./cdk.ts";
import { type Answer, invoke } from "./deployed_function.ts";
import { clientOf, type Emulator } from "./emulator.ts";
import type { LocalDatabase, Login } from "./local_database.ts";
import { type SynthesisedApp, synthesiseApp } from "./synthesised_app.ts";

/** A bundle as it stands in the bucket: what a pipeline hands on in an event's `bundle`. */
export interface PublishedBundle {
  readonly key: string;
  readonly version_id: string;
  readonly archive_sha256: string;
  readonly digest: string;
}

/** Our own app on an emulator, on a database of this machine. */
export interface DeployedApp {
  readonly emulator: Emulator;
  readonly database: LocalDatabase;
  readonly app: SynthesisedApp;
  readonly outputs: Outputs;
  readonly bucket: string;
  /** Secrets' ARNs. */
  readonly secrets: Readonly<Record<"migrator" | "reader", string>>;
  /** Through the alias, as everyone does; waits for the answer. */
  invoke(command: Command, event: object): Promise<Answer>;
  /** As `InvocationType=Event`: nobody waits for it. */
  submit(command: Command, event: object): Promise<void>;
  remove(): Promise<void>;
}

export interface AppWishes {
  /** Part of every name: two apps on one emulator need two. */
  readonly target: string;
  readonly database: LocalDatabase;
  /** Sections of the configuration to replace. */
  readonly config?: Readonly<Record<string, unknown>>;
}

/** Makes the two secrets, synthesises and deploys. `describeOn` must have asked for a bootstrapped emulator. */
export async function deployApp(emulator: Emulator, wishes: AppWishes): Promise<DeployedApp> {
  const { target, database } = wishes;
  const clients = openClients(emulator);
  const secrets = {
    migrator: await clients.createSecret(`${target}/migrator`, database.migrator),
    reader: await clients.createSecret(`${target}/reader`, database.reader),
  };
  const app = await synthesiseApp({ ...wishes, bundle: target, secrets });
  const outputs = await deploy(emulator, { app: app.assembly });
  const env = { account: emulator.account, region: emulator.region };
  const bucket = bucketName({ target, env, bucket: { mode: "create" } });
  const name = (command: Command): string => functionName({ target }, command);
  return {
    emulator,
    database,
    app,
    outputs,
    bucket,
    secrets,
    invoke: (command, event) => invoke(emulator, `${name(command)}:live`, event),
    submit: (command, event) => clients.submit(`${name(command)}:live`, event),
    remove: async () => {
      await destroy(emulator, { app: app.assembly });
      for (const arn of Object.values(secrets)) await clients.deleteSecret(arn);
      await app.remove();
      clients.close();
    },
  };
}

function openClients(emulator: Emulator) {
  const secrets = new SecretsManagerClient(clientOf(emulator));
  const lambda = new LambdaClient({ ...clientOf(emulator), maxAttempts: 1 });
  return {
    createSecret: async (Name: string, login: Login): Promise<string> => {
      const command = new CreateSecretCommand({ Name, SecretString: JSON.stringify(login) });
      return (await secrets.send(command)).ARN ?? "";
    },
    deleteSecret: async (SecretId: string): Promise<void> => {
      await secrets.send(new DeleteSecretCommand({ SecretId, ForceDeleteWithoutRecovery: true }));
    },
    submit: async (FunctionName: string, event: object): Promise<void> => {
      const Payload = JSON.stringify(event);
      await lambda.send(new InvokeCommand({ FunctionName, InvocationType: "Event", Payload }));
    },
    close: () => {
      for (const client of [secrets, lambda]) client.destroy();
    },
  };
}
