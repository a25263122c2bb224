import { type IRole, PolicyStatement } from "aws-cdk-lib/aws-iam";
import type { Construct } from "constructs";
import { ENVIRONMENT, FUNCTION_ENVIRONMENT } from "#io/contract.ts";
import type { DeployConfig } from "../config.ts";
import { arn } from "../names.ts";
import { find } from "./handover.ts";

export type Login = "migrator" | "reader";

/** The database as functions see it, whether it is made here or was there. */
export interface DatabaseAccess {
  /** Lets a role log in, and read what that takes. */
  grant(role: IRole, login: Login): void;
  /** Where the database is and how to log in. */
  environment(login: Login): Record<string, string>;
}

export function databaseAccess(scope: Construct, config: DeployConfig): DatabaseAccess {
  const { database } = config;
  const host = database.mode === "existing" ? database.host : find(scope, config, "database-host");
  return {
    environment: (login) => ({
      [ENVIRONMENT.host]: host,
      [ENVIRONMENT.port]: String(database.port),
      [ENVIRONMENT.database]: database.name,
      [FUNCTION_ENVIRONMENT.auth]: database.auth,
      ...(database.auth === "secret"
        ? { [FUNCTION_ENVIRONMENT.secret]: secretArn(scope, config, login) }
        : { [FUNCTION_ENVIRONMENT.user]: database.users[login] }),
      // A reader owns nothing, and becomes nobody.
      ...(login === "migrator" && database.ownerRole !== undefined
        ? { [FUNCTION_ENVIRONMENT.owner_role]: database.ownerRole }
        : {}),
    }),
    grant: (role, login) => {
      if (database.auth === "iam") {
        role.addToPrincipalPolicy(connectStatement(scope, config, login));
        return;
      }
      role.addToPrincipalPolicy(
        new PolicyStatement({
          sid: "ReadLogin",
          actions: ["secretsmanager:GetSecretValue"],
          resources: [secretArn(scope, config, login)],
        }),
      );
      if (database.secretKeyArn !== undefined) role.addToPrincipalPolicy(decryptStatement(config));
    },
  };
}

/** Whether the secret is made with the database. */
export const makesSecret = (config: DeployConfig, login: Login): boolean =>
  config.database.mode === "create" &&
  config.database.auth === "secret" &&
  configuredSecret(config, login) === undefined;

export const configuredSecret = ({ database }: DeployConfig, login: Login): string | undefined =>
  login === "migrator" ? database.migratorSecretArn : database.readerSecretArn;

const secretArn = (scope: Construct, config: DeployConfig, login: Login): string =>
  configuredSecret(config, login) ?? find(scope, config, `${login}-secret`);

function connectStatement(scope: Construct, config: DeployConfig, login: Login): PolicyStatement {
  const { database } = config;
  const resource =
    database.mode === "existing" ? database.resourceId : find(scope, config, "database-resource-id");
  return new PolicyStatement({
    sid: "LogIn",
    actions: ["rds-db:connect"],
    resources: [arn(config, "rds-db", `dbuser:${resource}/${database.users[login]}`)],
  });
}

/** A secret under a customer's key is not readable without the key. */
function decryptStatement(config: DeployConfig): PolicyStatement {
  return new PolicyStatement({
    sid: "DecryptLogin",
    actions: ["kms:Decrypt"],
    resources: [config.database.secretKeyArn ?? ""],
    conditions: {
      StringEquals: { "kms:ViaService": `secretsmanager.${config.env.region}.amazonaws.com` },
    },
  });
}
