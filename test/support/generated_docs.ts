import { readFileSync, writeFileSync } from "node:fs";
import { ERROR_CODES } from "#engine/error_codes.ts";
import { EXIT_STATUS, type Status } from "#engine/status.ts";
import { REPORT_SCHEMA_FILE } from "./report_schema.ts";

/** What is generated from the code's tables; `UPDATE_DOCS=1 npx vitest run test/cli` writes it anew. */
export interface Generated {
  readonly file: URL;
  readonly found: string;
  readonly wanted: string;
}

const BEGIN = "<!-- error codes: generated from functions/engine/error_codes.ts -->";
const END = "<!-- end of error codes -->";

export const CLI_PAGE = new URL("../../docs/cli.md", import.meta.url);

/** The page on the terminal, with its table of error codes as the code has them. */
export function generatedPage(): Generated {
  const found = readFileSync(CLI_PAGE, "utf8");
  const [before, rest] = [found.split(BEGIN)[0] ?? "", found.split(END)[1]];
  if (rest === undefined) throw new Error(`${CLI_PAGE.pathname} has no marker ${END}`);
  return updated({
    file: CLI_PAGE,
    found,
    wanted: `${before}${BEGIN}\n\n${errorCodeTable()}\n\n${END}${rest}`,
  });
}

/** The report's schema, with the enums as the code's tables have them. */
export function generatedSchema(): Generated {
  const found = readFileSync(REPORT_SCHEMA_FILE, "utf8");
  const schema = JSON.parse(found) as {
    readonly $defs: Record<
      string,
      { enum?: readonly string[]; properties?: Record<string, { enum?: unknown }> }
    >;
  };
  const statuses = Object.keys(EXIT_STATUS);
  const { status, error_code, run, run_with_events } = schema.$defs;
  if (status !== undefined) status.enum = statuses;
  if (error_code !== undefined) error_code.enum = Object.keys(ERROR_CODES);
  for (const recorded of [run, run_with_events]) {
    if (recorded?.properties?.status !== undefined) {
      recorded.properties.status.enum = [...statuses, "running", "abandoned"];
    }
  }
  return updated({ file: REPORT_SCHEMA_FILE, found, wanted: `${JSON.stringify(schema, null, 2)}\n` });
}

/** With `UPDATE_DOCS` set, written. */
export function updated(generated: Generated): Generated {
  if (process.env.UPDATE_DOCS === undefined) return generated;
  writeFileSync(generated.file, generated.wanted);
  return { ...generated, found: generated.wanted };
}

function errorCodeTable(): string {
  const rows = Object.entries(ERROR_CODES).map(
    ([code, { status, remedy }]) =>
      `| \`${code}\` | ${statusText(status)} | ${remedy.replaceAll("|", "\\|")} |`,
  );
  return ["| code | status | what to do |", "| --- | --- | --- |", ...rows].join("\n");
}

/** `ok`: it only warns. */
const statusText = (status: Status): string => (status === "ok" ? "warning" : status);
