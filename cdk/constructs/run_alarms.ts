import { Duration } from "aws-cdk-lib";
import { Metric, Stats } from "aws-cdk-lib/aws-cloudwatch";
import { PolicyStatement, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import { Topic } from "aws-cdk-lib/aws-sns";
import { EmailSubscription } from "aws-cdk-lib/aws-sns-subscriptions";
import { Construct } from "constructs";
import { METRIC_DIMENSIONS, METRIC_NAMESPACE, METRICS } from "#io/contract.ts";
import type { DeployConfig } from "../config.ts";
import { hoursBetweenRuns } from "../config_rules.ts";
import { type Command, topicName } from "../names.ts";
import { acknowledge } from "./acknowledge.ts";
import { alarm } from "./alarm.ts";

/** What runs measure of themselves, watched; and the topic that all alarms go to, where it is made. */
export class RunAlarms extends Construct {
  private readonly config: DeployConfig;

  constructor(scope: Construct, id: string, config: DeployConfig) {
    super(scope, id);
    this.config = config;
    if (config.alarms.topicArn === undefined) this.topic();
    for (const command of ["apply", "rollback", "verify"] as const) {
      alarm(this, `${command}Failed`, config, {
        runbook: "Alarm: a run failed",
        metric: this.metric("run_failed", command, Stats.SUM),
        when: { atLeast: 1 },
        missing: "unchanged",
      });
    }
    alarm(this, "ChecksFailed", config, {
      runbook: "Alarm: the database is not as it was verified",
      metric: this.metric("checks_failed", "verify", Stats.SUM),
      when: { atLeast: 1 },
      missing: "unchanged",
    });
    alarm(this, "StuckRuns", config, {
      runbook: "Alarm: a run was left open",
      metric: this.metric("stuck_runs", "verify", Stats.MAXIMUM),
      when: { atLeast: 1 },
      missing: "unchanged",
    });
    this.missingVerification();
  }

  /** Two hours of grace: for the run itself, and for the scheduler's own attempts to deliver. */
  private missingVerification(): void {
    const hours = hoursBetweenRuns(this.config.schedule.verify ?? "");
    if (hours === null) return;
    alarm(this, "VerificationMissing", this.config, {
      runbook: "Alarm: the scheduled verification did not run",
      metric: this.metric("run_duration", "verify", Stats.SAMPLE_COUNT, Duration.hours(1)),
      when: { lessThan: 1 },
      periods: hours + 2,
      missing: "bad",
    });
  }

  private metric(
    name: keyof typeof METRICS,
    command: Command,
    statistic: string,
    period = Duration.minutes(5),
  ): Metric {
    return new Metric({
      namespace: METRIC_NAMESPACE,
      metricName: METRICS[name].name,
      dimensionsMap: {
        [METRIC_DIMENSIONS.target]: this.config.target,
        [METRIC_DIMENSIONS.command]: command,
      },
      statistic,
      period,
    });
  }

  private topic(): void {
    const { config } = this;
    const topic = new Topic(this, "Topic", { topicName: topicName(config), enforceSSL: true });
    // A policy of its own takes the place of the one by which the account's alarms may publish.
    topic.addToResourcePolicy(
      new PolicyStatement({
        sid: "AlarmsPublish",
        principals: [new ServicePrincipal("cloudwatch.amazonaws.com")],
        actions: ["sns:Publish"],
        resources: [topic.topicArn],
        conditions: { StringEquals: { "aws:SourceAccount": config.env.account } },
      }),
    );
    for (const address of config.alarms.emails) topic.addSubscription(new EmailSubscription(address));
    acknowledge(topic, {
      "Serverless-SNSRedrivePolicy":
        "Mail that cannot be delivered comes back as mail; the alarm itself stays to be seen.",
    });
  }
}
