import { Duration } from "aws-cdk-lib";
import type { IFunction } from "aws-cdk-lib/aws-lambda";
import type { Construct } from "constructs";
import type { DeployConfig } from "../config.ts";
import { alarm } from "./alarm.ts";

const PERIOD = { period: Duration.minutes(1) };
/** So near the end a run has cut its own work short, or will be cut by Lambda. */
const NEAR = 0.9;

/** What Lambda itself measures of a function. */
export function functionAlarms(scope: Construct, config: DeployConfig, of: IFunction): void {
  alarm(scope, "Errors", config, {
    runbook: "Alarm: a function failed",
    metric: of.metricErrors(PERIOD),
    when: { atLeast: 1 },
    missing: "good",
  });
  alarm(scope, "Throttles", config, {
    runbook: "Alarm: a function was throttled",
    metric: of.metricThrottles(PERIOD),
    when: { atLeast: 1 },
    missing: "good",
  });
  alarm(scope, "Duration", config, {
    runbook: "Alarm: a run came near the end of its time",
    metric: of.metricDuration({ ...PERIOD, statistic: "Maximum" }),
    when: { atLeast: NEAR * Duration.minutes(config.functions.timeoutMinutes).toMilliseconds() },
    missing: "good",
  });
}
