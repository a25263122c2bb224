import { readFileSync } from "node:fs";
import { Ajv2020, type ErrorObject } from "ajv/dist/2020.js";
import { expect } from "vitest";

/** The published schema of reports, as far as tests look into it. */
export interface ReportSchema {
  readonly oneOf: readonly { readonly $ref: string }[];
  readonly $defs: Readonly<Record<string, SchemaNode>>;
}

export interface SchemaNode {
  readonly enum?: readonly string[];
  readonly const?: string;
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly required?: readonly string[];
}

export const REPORT_SCHEMA_FILE = new URL("../../docs/report.schema.json", import.meta.url);

export const reportSchema = JSON.parse(readFileSync(REPORT_SCHEMA_FILE, "utf8")) as ReportSchema;

const ajv = new Ajv2020({ allErrors: true, strict: true, allowUnionTypes: true });
ajv.addSchema(reportSchema, "report");

/** What the schema finds wrong with a report, a line each; empty where it is as published. */
export function reportErrors(json: unknown): readonly string[] {
  const whole = ajv.getSchema("report");
  if (whole === undefined) throw new Error("the schema is not there");
  if (whole(json) === true) return [];
  // Of a union ajv tells the errors of every form; only those of this command's forms are of use.
  const command = (json as { readonly command?: unknown } | null)?.command;
  const forms = Object.entries(reportSchema.$defs).filter(([, { properties }]) => {
    const named = properties?.command;
    return named !== undefined && (named.const === command || named.enum?.includes(String(command)) === true);
  });
  const lines = forms.flatMap(([form]) => {
    const validate = ajv.getSchema(`report#/$defs/${form}`);
    validate?.(json);
    return (validate?.errors ?? []).map((error) => `${form}: ${said(error)}`);
  });
  return lines.length > 0 ? lines : [`no report of a command ${JSON.stringify(command)}`];
}

const said = ({ instancePath, message, params }: ErrorObject): string =>
  `${instancePath || "/"} ${message} ${JSON.stringify(params)}`;

/** Fails unless `json` is a report as docs/report.schema.json has it. */
export function expectValidReport(json: unknown): void {
  expect(reportErrors(json)).toEqual([]);
}
