import { advanceBytes } from "../sql/position.ts";
import type { Setting } from "../sql/setting.ts";
import type { Span } from "../sql/spans.ts";
import { parseDuration } from "./duration.ts";
import type { FaultList } from "./fault_list.ts";
import type { Directives } from "./script.ts";

/** A statement that sets something, and what is sent in its place. */
export interface SettingStatement {
  readonly settings: readonly Setting[];
  readonly span: Span;
  readonly replacement: string | null;
}

type Limits = Pick<Directives, "lock_timeout_ms" | "statement_timeout_ms">;

/**
 * The limits that a script sets itself, by SET or set_config(): the first of each counts as its directive, and
 * the statement stays. `lock_timeout = 0` is refused: everybody would queue behind the job without a limit.
 */
export function ownLimits(
  statements: readonly SettingStatement[],
  source: string,
  faults: FaultList,
): Limits {
  const first = new Map<string, number>();
  for (const { settings, span } of statements) {
    for (const { name, kind, value, location } of settings) {
      if (kind !== "set" || value === null || !/^(lock|statement)_timeout$/.test(name)) continue;
      const ms = parseDuration(value, "optional");
      if (ms === 0 && name === "lock_timeout") {
        const offset = advanceBytes(source, span.start, location);
        faults.add(
          "directive-invalid",
          "lock_timeout = 0 waits without a limit.",
          offset,
          "Give a time such as '5s'.",
        );
      } else if (ms !== null && !first.has(name)) first.set(name, ms);
    }
  }
  const of = (name: string): number | null => first.get(name) ?? null;
  return { lock_timeout_ms: of("lock_timeout"), statement_timeout_ms: of("statement_timeout") };
}

/** Settings of the transaction itself and of who acts are not left behind, or are an error by themselves. */
const NOT_LEFT = /^(role|session_authorization|transaction_\w+)$/;

/** Names of the settings that are still changed when the script ends, in order of name. */
export function settingsLeft(statements: readonly SettingStatement[]): readonly string[] {
  const left = new Set<string>();
  for (const { settings, replacement } of statements) {
    if (replacement !== null) continue;
    for (const { name, kind, local } of settings) {
      if (kind === "reset" && name === "*") left.clear();
      else if (kind === "reset") left.delete(name);
      else if (!local && !NOT_LEFT.test(name)) left.add(name);
    }
  }
  return [...left].sort();
}
