import { GROUP_BYTES, LOCK_TIMEOUT_DDL_MS, LOCK_TIMEOUT_DML_MS } from "./limits.ts";
import type { Script, Statement } from "./script.ts";
import type { Message } from "./seam.ts";

/** One statement within a message: the user's, or one of ours before it. */
export interface Part {
  /** null for a statement of ours. */
  readonly statement: Statement | null;
  /** UTF-16 offset of the part within the message's text. */
  readonly offset: number;
}

/** A message that carries statements of a script, and where each of them came from. */
export interface ScriptMessage {
  readonly message: Message;
  readonly script: Script;
  readonly parts: readonly Part[];
  /** It holds a statement that takes a strong lock; such a statement travels alone and is timed singly. */
  readonly strong: boolean;
}

/**
 * A script as messages of at most 64 kB, in order. Statements are grouped, for each message costs the server
 * an answer of its own; one that takes a strong lock travels alone. The lock timeout follows the class of the
 * statement, unless the file says its own.
 */
export function scriptMessages(script: Script): readonly ScriptMessage[] {
  const limits = limitsOf(script);
  const messages: ScriptMessage[] = [];
  let open = newMessage();
  const flush = (): void => {
    if (open.parts.length > 0) messages.push(closed(open, script));
    open = newMessage();
  };
  for (const statement of script.statements) {
    const text = statement.replacement ?? script.file.text.slice(statement.start, statement.end);
    if (statement.strong || open.bytes + text.length > GROUP_BYTES) flush();
    for (const limit of limits(statement)) append(open, limit, null);
    append(open, text, statement);
    if (statement.strong) flush();
  }
  flush();
  return messages;
}

interface OpenMessage {
  readonly texts: string[];
  readonly parts: Part[];
  bytes: number;
}

const newMessage = (): OpenMessage => ({ texts: [], parts: [], bytes: 0 });
const SEPARATOR = ";\n";

function append(open: OpenMessage, text: string, statement: Statement | null): void {
  open.parts.push({ statement, offset: open.bytes });
  open.texts.push(text);
  open.bytes += text.length + SEPARATOR.length;
}

const closed = (open: OpenMessage, script: Script): ScriptMessage => ({
  message: { text: open.texts.join(SEPARATOR) },
  script,
  parts: open.parts,
  strong: open.parts.some((part) => part.statement?.strong === true),
});

/** Remembers the limits in force and tells which SET LOCALs a statement needs before it. */
function limitsOf(script: Script): (statement: Statement) => readonly string[] {
  const { lock_timeout_ms, statement_timeout_ms } = script.directives;
  const first: string[] = [];
  if (lock_timeout_ms !== null) first.push(`SET LOCAL lock_timeout TO ${lock_timeout_ms}`);
  if (statement_timeout_ms !== null) first.push(`SET LOCAL statement_timeout TO ${statement_timeout_ms}`);
  let inForce = LOCK_TIMEOUT_DDL_MS;
  let strongHeld = false;
  let begun = false;
  return (statement) => {
    const sets = begun ? [] : [...first];
    begun = true;
    if (lock_timeout_ms === null && statement.class !== "session" && script.role !== "verify") {
      const wanted = statement.class === "dml" && !strongHeld ? LOCK_TIMEOUT_DML_MS : LOCK_TIMEOUT_DDL_MS;
      if (wanted !== inForce) sets.push(`SET LOCAL lock_timeout TO ${wanted}`);
      inForce = wanted;
    }
    strongHeld ||= statement.strong;
    return sets;
  };
}
