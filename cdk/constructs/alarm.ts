import { Alarm, ComparisonOperator, type IMetric, TreatMissingData } from "aws-cdk-lib/aws-cloudwatch";
import type { Construct } from "constructs";
import type { DeployConfig } from "../config.ts";
import { topicArn } from "../names.ts";

const MISSING = {
  good: TreatMissingData.NOT_BREACHING,
  bad: TreatMissingData.BREACHING,
  /** Until it is measured again it is as it was. */
  unchanged: TreatMissingData.IGNORE,
} as const;

interface Watch {
  /** The heading in the runbook under which stands what to do. */
  readonly runbook: string;
  readonly metric: IMetric;
  /** What is told: `at least` or `less than` so much. */
  readonly when: { readonly atLeast: number } | { readonly lessThan: number };
  readonly periods?: number;
  /** What no data means. Nothing ran: that is good for errors, and bad for what must run. */
  readonly missing: keyof typeof MISSING;
}

/** An alarm that tells the configured topic, when it begins and when it ends. */
export function alarm(scope: Construct, id: string, config: DeployConfig, watch: Watch): Alarm {
  const made = new Alarm(scope, `${id}Alarm`, {
    alarmName: `paws-${config.target}-${kebab(scope.node.id)}-${kebab(id)}`,
    alarmDescription: `${config.target}: what to do stands in docs/runbook.md under "${watch.runbook}"`,
    metric: watch.metric,
    evaluationPeriods: watch.periods ?? 1,
    treatMissingData: MISSING[watch.missing],
    ...("atLeast" in watch.when
      ? {
          threshold: watch.when.atLeast,
          comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
        }
      : { threshold: watch.when.lessThan, comparisonOperator: ComparisonOperator.LESS_THAN_THRESHOLD }),
  });
  // By name: the topic may belong to the other stack, or to somebody else.
  const tell = { bind: () => ({ alarmActionArn: topicArn(config) }) };
  made.addAlarmAction(tell);
  made.addOkAction(tell);
  return made;
}

const kebab = (name: string): string => name.replace(/(?<=[a-z])(?=[A-Z])/g, "-").toLowerCase();
