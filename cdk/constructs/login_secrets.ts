import { CfnOutput } from "aws-cdk-lib";
import { Key } from "aws-cdk-lib/aws-kms";
import { Secret } from "aws-cdk-lib/aws-secretsmanager";
import { Construct } from "constructs";
import type { DeployConfig } from "../config.ts";
import { acknowledge } from "./acknowledge.ts";
import { configuredSecret, type Login, makesSecret } from "./database_access.ts";
import { leave } from "./handover.ts";
import { keeping } from "./removal.ts";

const LOGINS = ["migrator", "reader"] as const;

/** The secrets of the two logins, made where a database is made and none are given. */
export class LoginSecrets extends Construct {
  /** Of both logins; empty where they log in without. */
  readonly arns: readonly string[];

  constructor(scope: Construct, id: string, config: DeployConfig) {
    super(scope, id);
    const { auth } = config.database;
    this.arns = LOGINS.flatMap((login) => {
      if (auth !== "secret") return [];
      return [
        makesSecret(config, login) ? this.make(config, login) : (configuredSecret(config, login) ?? ""),
      ];
    });
  }

  /** With a password that no one has seen; the bootstrap script gives it to the login. */
  private make(config: DeployConfig, login: Login): string {
    const { users, secretKeyArn } = config.database;
    const secret = new Secret(this, login, {
      description: `${config.target}: login of the ${login}`,
      generateSecretString: {
        secretStringTemplate: JSON.stringify({ username: users[login] }),
        generateStringKey: "password",
        passwordLength: 48,
        excludePunctuation: true,
      },
      ...(secretKeyArn === undefined
        ? {}
        : { encryptionKey: Key.fromKeyArn(this, `${login}-key`, secretKeyArn) }),
      removalPolicy: keeping(config),
    });
    acknowledge(secret, {
      "AwsSolutions-SMG4":
        "Rotation needs a function with the master's rights on the database; who wants it adds it. A run survives a rotation.",
    });
    leave(this, config, `${login}-secret`, secret.secretArn);
    const output = login === "migrator" ? "MigratorSecret" : "ReaderSecret";
    new CfnOutput(this, output, { value: secret.secretArn }).overrideLogicalId(output);
    return secret.secretArn;
  }
}
