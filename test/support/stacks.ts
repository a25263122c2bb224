import { readFileSync } from "node:fs";
import { join } from "node:path";
import { App } from "aws-cdk-lib";
import { Template } from "aws-cdk-lib/assertions";
import { buildStacks, type Stacks } from "../../cdk/stacks.ts";
import { type Example, exampleConfig, ROOT, type Sections } from "./examples.ts";

/** Without the functions' code, which takes seconds. */
const UNBUNDLED = { "aws:cdk:bundling-stacks": [] };
/** Without CDK's own checks of templates, which take seconds too. */
const UNCHECKED = { "@aws-cdk/core:validateAgainstDefaultRules": false };

const { context: FLAGS } = JSON.parse(readFileSync(join(ROOT, "cdk.json"), "utf8")) as {
  readonly context: Record<string, unknown>;
};

/** An app with the flags of cdk.json, for its templates. */
export const appOf = ({ outdir, unbundled = true }: { outdir?: string; unbundled?: boolean } = {}): App =>
  new App({
    ...(outdir === undefined ? {} : { outdir }),
    context: { ...FLAGS, ...UNCHECKED, ...(unbundled ? UNBUNDLED : {}) },
  });

export const stacksOf = (example: Example, sections: Sections = {}): Stacks =>
  buildStacks(appOf(), exampleConfig(example, sections), ROOT);

export interface Templates {
  readonly data: Template;
  readonly job: Template;
}

/** The templates of a fresh app. */
export function templatesOf(example: Example, sections: Sections = {}): Templates {
  const { data, job } = stacksOf(example, sections);
  if (data === null) throw new Error(`example-${example} has no data stack`);
  return { data: Template.fromStack(data), job: Template.fromStack(job) };
}

export interface Resource {
  readonly Type: string;
  readonly Properties: Record<string, unknown>;
  readonly DeletionPolicy?: string;
}

/** The resources of a type by logical id. */
export const resourcesOf = (template: Template, type: string): [string, Resource][] =>
  Object.entries(template.findResources(type)) as [string, Resource][];

/** The one resource of a type. */
export function onlyOf(template: Template, type: string): Resource {
  const [first, ...more] = resourcesOf(template, type);
  if (first === undefined || more.length > 0) throw new Error(`${more.length + (first ? 1 : 0)} of ${type}`);
  return first[1];
}
