import type { Check } from "#engine/step/checks.ts";
import { printable } from "./printable.ts";
import type { Look } from "./style.ts";

/** One line a check: its status, name and details. */
export function checkLines(checks: readonly Check[], { paint }: Look): readonly string[] {
  const words = { pass: paint.good("pass"), warning: paint.careful("warning"), fail: paint.bad("fail") };
  return checks.map(({ name, status, details }) => {
    const said = details === null || details === "" ? "" : `: ${printable(details)}`;
    return `${words[status]}  ${printable(name)}${said}`;
  });
}
