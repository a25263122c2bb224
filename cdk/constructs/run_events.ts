import { type IRole, PolicyStatement } from "aws-cdk-lib/aws-iam";
import { RUN_EVENT } from "#io/contract.ts";

/** The bus that is told of every run that ended. It is there already: this grants the way to it. */
export class RunEvents {
  readonly busArn: string;

  constructor(busArn: string) {
    this.busArn = busArn;
  }

  grantSend(role: IRole): void {
    role.addToPrincipalPolicy(
      new PolicyStatement({
        sid: "TellOfRuns",
        actions: ["events:PutEvents"],
        resources: [this.busArn],
        conditions: {
          StringEquals: {
            "events:source": RUN_EVENT.source,
            "events:detail-type": RUN_EVENT.detail_type,
          },
        },
      }),
    );
  }
}
