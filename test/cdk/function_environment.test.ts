import { copyFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { isHistorySchema } from "#engine/registry/tables.ts";
import { SMALLEST_REPORT_BYTES } from "#engine/report_cut.ts";
import { readFunctionSettings } from "#io/function_settings.ts";
import { exampleConfig, ROOT } from "../support/examples.ts";
import { resourcesOf, templatesOf } from "../support/stacks.ts";

const code = mkdtempSync(join(tmpdir(), "paws-function-"));
copyFileSync(join(ROOT, "deploy/example-local-ca.pem"), join(code, "database-ca.pem"));
afterAll(() => rmSync(code, { recursive: true }));

it("the functions accept what the stack tells them, also at the ends of what the configuration takes", () => {
  const { job } = templatesOf("local", {
    target: `p${"x".repeat(39)}`,
    bucket: { mode: "create", name: "b.1" },
    bundle: { name: `b${"-".repeat(99)}`, placeholders: { app_role: 'a "role"' } },
    history: { schema: "_$1" },
    report: { maxBytes: SMALLEST_REPORT_BYTES },
  });
  const found = resourcesOf(job, "AWS::Lambda::Function").map(([, { Properties }]) => {
    const { Variables } = Properties.Environment as { Variables: Record<string, string> };
    return readFunctionSettings({ ...Variables, AWS_REGION: "us-east-1", LAMBDA_TASK_ROOT: code });
  });
  expect(found.map(({ report_max_bytes }) => report_max_bytes)).toEqual(
    new Array(4).fill(SMALLEST_REPORT_BYTES),
  );
  for (const { placeholders } of found) expect(placeholders.get("app_role")?.value).toBe('a "role"');
});

it("what the functions would refuse is refused before", () => {
  const least = (maxBytes: number) => () => exampleConfig("local", { report: { maxBytes } });
  expect(least(SMALLEST_REPORT_BYTES)).not.toThrow();
  expect(least(SMALLEST_REPORT_BYTES - 1)).toThrow("report.maxBytes: found");
  for (const schema of ["pg_catalog", "information_schema", "pg_", "information_schemas", "pgx"]) {
    const configured = () => exampleConfig("local", { history: { schema } });
    if (isHistorySchema(schema)) expect(configured).not.toThrow();
    else expect(configured, schema).toThrow("history.schema: found");
  }
});
