import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ACCESS, type Kind, policyOf, rolesOf } from "../../cdk/access.ts";
import { aliasArn } from "../../cdk/names.ts";
import { exampleConfig, ROOT } from "../support/examples.ts";
import { onlyOf, resourcesOf, templatesOf } from "../support/stacks.ts";

const KINDS = Object.keys(ACCESS) as Kind[];
const config = exampleConfig("create");
const { data, job } = templatesOf("create");

/** Alias and role of each permission that the job stack gives. */
const invocations = (template: typeof job): string[] =>
  resourcesOf(template, "AWS::Lambda::Permission")
    .map(([, { Properties }]) => {
      const { FunctionName, Principal, Action } = Properties as {
        FunctionName: { Ref: string };
        Principal: string;
        Action: string;
      };
      return `${Principal} ${Action} ${FunctionName.Ref.replace(/[0-9A-F]{8}$/, "")}`;
    })
    .sort();

const title = (command: string) => command.replace(/^./, (first) => first.toUpperCase());

it("lets each kind of role invoke its aliases, and no function or version", () => {
  expect(invocations(job)).toEqual(
    KINDS.flatMap((kind) =>
      rolesOf(config, kind).flatMap((role) =>
        ACCESS[kind].invokes.map((command) => `${role} lambda:InvokeFunction ${title(command)}Alias`),
      ),
    ).sort(),
  );
  expect(invocations(job)).toHaveLength(8);
});

it("lets a role of another account in, too", () => {
  const { job: other } = templatesOf("existing");
  expect(invocations(other)).toContain(
    "arn:aws:iam::444455556666:role/deploy-pipeline lambda:InvokeFunction ApplyAlias",
  );
});

it("lets only an operator roll back", () => {
  expect(KINDS.filter((kind) => (ACCESS[kind].invokes as readonly string[]).includes("rollback"))).toEqual([
    "operator",
  ]);
  expect(KINDS.filter((kind) => ACCESS[kind].publishes)).toEqual(["pipeline"]);
});

describe.each(KINDS)("docs/iam/%s.json", (kind) => {
  const file = join(ROOT, `docs/iam/${kind}.json`);
  const wanted = {
    Version: "2012-10-17",
    Statement: policyOf(config, kind).map((statement) => statement.toStatementJson()),
  };
  const text = `${JSON.stringify(wanted, null, 2)}\n`;
  if (process.env.UPDATE_DOCS !== undefined) writeFileSync(file, text);

  it("is what example-create needs", () => {
    expect(JSON.parse(readFileSync(file, "utf8"))).toEqual(JSON.parse(text));
  });

  it("is what the stacks grant, and no more", () => {
    const { Statement } = JSON.parse(readFileSync(file, "utf8")) as {
      Statement: { Sid: string; Action: string; Resource: string | string[] }[];
    };
    const invoke = Statement.find(({ Sid }) => Sid === "Invoke");
    const role = rolesOf(config, kind)[0] ?? "";
    const granted = invocations(job).filter((line) => line.startsWith(`${role} `));
    expect([invoke?.Resource].flat()).toHaveLength(granted.length);
    for (const command of ACCESS[kind].invokes) {
      expect([invoke?.Resource].flat()).toContain(aliasArn(config, command));
      expect(granted).toContain(`${role} lambda:InvokeFunction ${title(command)}Alias`);
    }
    const bucketPolicy = onlyOf(data, "AWS::S3::BucketPolicy").Properties.PolicyDocument as {
      Statement: { Sid?: string; Action: unknown; Resource: unknown; Principal: { AWS: string } }[];
    };
    const publish = bucketPolicy.Statement.filter(
      ({ Principal, Sid }) => Principal.AWS === role && Sid !== undefined,
    );
    expect(publish.map(({ Sid, Action, Resource }) => ({ Sid, Action, Resource }))).toEqual(
      Statement.filter(({ Sid }) => Sid === "PublishBundles").map(({ Sid, Action, Resource }) => ({
        Sid,
        Action,
        Resource,
      })),
    );
  });
});
