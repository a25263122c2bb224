import type { VerifyReport } from "#engine/report.ts";
import { checkLines } from "./checks.ts";
import type { Look } from "./style.ts";
import { counted } from "./time_text.ts";

/** The look at the schema: what it found, and with --verbose also what it did not. */
export function integrityLines({ integrity }: VerifyReport, look: Look): readonly string[] {
  if (integrity === null) return [];
  const found = integrity.filter(({ status }) => status !== "pass");
  const passed = integrity.filter(({ status }) => status === "pass");
  const outcome = found.length === 0 ? "nothing found" : `${found.length} found something`;
  const below = [...(look.verbose ? checkLines(passed, look) : []), ...checkLines(found, look)];
  return [
    `  schema: ${counted(integrity.length, "check")}, ${outcome}`,
    ...below.map((line) => `       ${line}`),
  ];
}
