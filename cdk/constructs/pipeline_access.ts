import { ArnPrincipal } from "aws-cdk-lib/aws-iam";
import type { Alias } from "aws-cdk-lib/aws-lambda";
import { Construct } from "constructs";
import { ACCESS, type Kind, rolesOf } from "../access.ts";
import type { DeployConfig } from "../config.ts";
import type { Command } from "../names.ts";

/** Lets the configured roles invoke the aliases, of this account or another one. The bucket's policy lets publish. */
export class PipelineAccess extends Construct {
  constructor(scope: Construct, id: string, config: DeployConfig, aliases: Readonly<Record<Command, Alias>>) {
    super(scope, id);
    for (const kind of Object.keys(ACCESS) as Kind[]) {
      rolesOf(config, kind).forEach((role, at) => {
        for (const command of ACCESS[kind].invokes) {
          aliases[command].addPermission(`${kind}-${at}`, {
            principal: new ArnPrincipal(role),
            action: "lambda:InvokeFunction",
          });
        }
      });
    }
  }
}
