import type { LeftSetting } from "../script/left_settings.ts";
import type { Script, Statement, Unit } from "../script/script.ts";
import type { Message } from "../seam.ts";
import { SEPARATOR } from "../step/batch.ts";
import { LOCK_TIMEOUT_DDL_MS, LOCK_TIMEOUT_DML_MS } from "../step/limits.ts";
import { cleanSession } from "../step/messages.ts";

/** One message, and the user's statement in it; null where it is ours. */
export interface UnitMessage {
  readonly message: Message;
  readonly statement: Statement | null;
}

export const textOf = (script: Script, { start, end }: Statement): string =>
  script.file.text.slice(start, end);

/**
 * What makes the session ready for a statement outside of a transaction: clean, then what earlier files left (`shared`),
 * then the settings that stand before it in the file, then its limit. It is answered before the statement is sent: each message is a
 * transaction of its own, so an error here would not stop what is on the wire behind it.
 */
export function prelude(
  script: Script,
  shared: readonly LeftSetting[],
  settings: readonly Statement[],
  role: string | null,
  lock_timeout_ms: number,
): readonly UnitMessage[] {
  const { statement_timeout_ms } = script.directives;
  // The clean session is read-only by default.
  const first = [
    "SET default_transaction_read_only TO off",
    ...(statement_timeout_ms === null ? [] : [`SET statement_timeout TO ${statement_timeout_ms}`]),
  ];
  const ours = (message: Message): UnitMessage => ({ message, statement: null });
  return [
    ours(cleanSession(role)),
    ours({ text: first.join(SEPARATOR) }),
    ...shared.map(({ sql }) => ours({ text: sql })),
    ...settings.map((statement) => ({ message: { text: textOf(script, statement) }, statement })),
    ours({ text: `SET lock_timeout TO ${lock_timeout_ms}` }),
  ];
}

/** A statement alone, as the server wants it outside of a transaction; nobody reads its rows. */
export const alone = (text: string): Message => ({ text, rows_kept: [{ statements: 1, rows: 0 }] });

type Single = Extract<Unit, { kind: "looked" | "blind" }>;

/**
 * How long a statement may wait in a lock's queue; 0 for ever. What works CONCURRENTLY on an index blocks no reader and
 * no writer while it waits, and giving up would leave an INVALID index behind. A DETACH locks the partition at its end,
 * and what it leaves is finalized by the next try.
 */
export function lockTimeout(script: Script, unit: Single): number {
  if (isConcurrent(unit) && !unit.what.startsWith("DETACH")) return 0;
  const short = /^(VACUUM|DO|CALL)$/.test(unit.what) ? LOCK_TIMEOUT_DML_MS : LOCK_TIMEOUT_DDL_MS;
  return script.directives.lock_timeout_ms ?? short;
}

export const isConcurrent = ({ what }: Single): boolean => what.endsWith("CONCURRENTLY");
