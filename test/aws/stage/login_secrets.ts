import {
  CreateSecretCommand,
  DeleteSecretCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
  RestoreSecretCommand,
  SecretsManagerClient,
} from "@aws-sdk/client-secrets-manager";
import { clientOf, type Emulator } from "../support/emulator.ts";
import { LOGINS, type Login } from "./app_database.ts";

/** The two logins' secrets, as an operator makes them. */
export class LoginSecrets {
  private readonly client: SecretsManagerClient;
  private readonly arns = new Map<Login, string>();

  constructor(emulator: Emulator) {
    this.client = new SecretsManagerClient(clientOf(emulator));
  }

  async create(login: Login, password: string): Promise<void> {
    const made = await this.client.send(
      new CreateSecretCommand({
        Name: `paws-e2e/${login}`,
        SecretString: secretText(login, password),
      }),
    );
    this.arns.set(login, made.ARN ?? "");
  }

  arn(login: Login): string {
    const arn = this.arns.get(login);
    if (arn === undefined) throw new Error(`there is no secret of ${login} yet`);
    return arn;
  }

  /** Returns the version's id. */
  async put(login: Login, password: string): Promise<string> {
    const put = await this.client.send(
      new PutSecretValueCommand({ SecretId: this.arn(login), SecretString: secretText(login, password) }),
    );
    return put.VersionId ?? "";
  }

  /** The id of the version that a function reads now. */
  async currentVersion(login: Login): Promise<string> {
    const found = await this.client.send(new GetSecretValueCommand({ SecretId: this.arn(login) }));
    return found.VersionId ?? "";
  }

  /** Scheduled, as from the console: it is there for a week, and nobody can read it. */
  async scheduleDeletion(login: Login): Promise<void> {
    await this.client.send(new DeleteSecretCommand({ SecretId: this.arn(login), RecoveryWindowInDays: 7 }));
  }

  async restore(login: Login): Promise<void> {
    await this.client.send(new RestoreSecretCommand({ SecretId: this.arn(login) }));
  }
}

const secretText = (login: Login, password: string): string =>
  JSON.stringify({ username: LOGINS[login], password });
