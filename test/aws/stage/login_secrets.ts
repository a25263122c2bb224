import {
  DeleteSecretCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
  RestoreSecretCommand,
  SecretsManagerClient,
} from "@aws-sdk/client-secrets-manager";
import type { DeployedApp } from "../support/deployed_app.ts";
import { clientOf } from "../support/emulator.ts";
import type { Login } from "../support/local_database.ts";

export type Which = keyof DeployedApp["secrets"];

/** The two logins' secrets, in the hands of an operator. */
export class LoginSecrets {
  private readonly client: SecretsManagerClient;
  private readonly arns: DeployedApp["secrets"];

  constructor({ emulator, secrets }: DeployedApp) {
    this.client = new SecretsManagerClient(clientOf(emulator));
    this.arns = secrets;
  }

  /** Returns the version's id. */
  async put(which: Which, login: Login): Promise<string> {
    const SecretString = JSON.stringify(login);
    const put = await this.client.send(
      new PutSecretValueCommand({ SecretId: this.arns[which], SecretString }),
    );
    return put.VersionId ?? "";
  }

  /** The id of the version that a function reads now. */
  async currentVersion(which: Which): Promise<string> {
    const found = await this.client.send(new GetSecretValueCommand({ SecretId: this.arns[which] }));
    return found.VersionId ?? "";
  }

  /** As from the console: it is there for a week, and nobody can read it. */
  async scheduleDeletion(which: Which): Promise<void> {
    const command = new DeleteSecretCommand({ SecretId: this.arns[which], RecoveryWindowInDays: 7 });
    await this.client.send(command);
  }

  async restore(which: Which): Promise<void> {
    await this.client.send(new RestoreSecretCommand({ SecretId: this.arns[which] }));
  }

  close(): void {
    this.client.destroy();
  }
}
