import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Validations } from "aws-cdk-lib";
import { Bucket } from "aws-cdk-lib/aws-s3";
import { AwsSolutionsChecks, ServerlessChecks } from "cdk-nag";
import { expect, it } from "vitest";
import { buildStacks } from "../../cdk/stacks.ts";
import { checkedApp, EXAMPLES, exampleConfig, ROOT } from "../support/stacks.ts";

interface Report {
  readonly pluginReports: readonly { readonly violations: readonly { readonly ruleName: string }[] }[];
}

/** The rules that are broken: errors make the synthesis fail, warnings stand in its report. */
function brokenRules(app: ReturnType<typeof checkedApp>): string[] {
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app), new ServerlessChecks(app));
  app.synth();
  const report = JSON.parse(readFileSync(join(app.outdir, "validation-report.json"), "utf8")) as Report;
  return report.pluginReports.flatMap(({ violations }) => violations.map(({ ruleName }) => ruleName));
}

it.each(EXAMPLES)("finds nothing in example-%s: neither a fault nor a warning", (example) => {
  const app = checkedApp();
  buildStacks(app, exampleConfig(example), ROOT);
  expect(brokenRules(app)).toEqual([]);
});

it("would find something", () => {
  const app = checkedApp();
  const { job } = buildStacks(app, exampleConfig("local"), ROOT);
  new Bucket(job, "Open");
  expect(() => brokenRules(app)).toThrow(/AwsSolutions-S1\b/);
});
