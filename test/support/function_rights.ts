import type { Template } from "aws-cdk-lib/assertions";
import { resourcesOf } from "./stacks.ts";

interface Statement {
  readonly Sid?: string;
  readonly Effect: string;
  readonly Action: string | readonly string[];
  readonly Resource: unknown;
  readonly Condition?: unknown;
}

/** One right of a role, in a line: `allow action on resource if condition`. */
export function rightsOf(template: Template, role: RegExp): string[] {
  return resourcesOf(template, "AWS::IAM::Policy")
    .filter(([, { Properties }]) => (Properties.Roles as { Ref: string }[]).some(({ Ref }) => role.test(Ref)))
    .flatMap(([, { Properties }]) => (Properties.PolicyDocument as { Statement: Statement[] }).Statement)
    .flatMap(lines)
    .sort();
}

function lines({ Effect, Action, Resource, Condition }: Statement): string[] {
  const condition = Condition === undefined ? "" : ` if ${JSON.stringify(Condition)}`;
  return [Action]
    .flat()
    .flatMap((action) =>
      [Resource]
        .flat()
        .map((resource) => `${Effect.toLowerCase()} ${action} on ${named(resource)}${condition}`),
    );
}

/** A resource by its ARN, or by the logical id and the parameter that it comes from; without CDK's hashes. */
export function named(value: unknown): string {
  if (typeof value === "string") return value;
  const {
    Ref,
    "Fn::GetAtt": attribute,
    "Fn::Join": join,
  } = value as {
    readonly Ref?: string;
    readonly "Fn::GetAtt"?: readonly string[];
    readonly "Fn::Join"?: readonly [string, readonly unknown[]];
  };
  if (join !== undefined) return join[1].map(named).join(join[0]);
  const name = Ref ?? attribute?.[0] ?? JSON.stringify(value);
  return `{${name.replace(/^SsmParameterValue(.*)C96584B6F00A464EAD1953AFF4B05118Parameter$/, "parameter $1").replace(/[0-9A-F]{8}$/, "")}}`;
}
