import type { Answer, Message, Result, RowsKept } from "../seam.ts";
import { advanceCodePoints } from "../sql/position.ts";
import { type ScriptGroup, SEPARATOR } from "./batch.ts";
import { CHECK_LIMITS } from "./checks.ts";
import { FLUSH_LENGTH, GROUP_LENGTH } from "./limits.ts";
import { READING, type Segment } from "./messages.ts";

/** A segment within its message. */
export interface Placed {
  readonly segment: Segment;
  /** Index of its first statement within the message. */
  readonly first: number;
  readonly statements: number;
  /** UTF-16 offset of its text within the message's. */
  readonly offset: number;
}

/** One message of a step, and what stands in it. */
export interface StepMessage {
  readonly message: Message;
  readonly placed: readonly Placed[];
}

/**
 * Packs segments into as few messages as may be: each costs the server an answer of its own, and the client a
 * wake-up. What cleans the session is a message of its own, before the transaction; a statement that takes a
 * strong lock is too, for it is timed singly, and a COPY with its rows.
 */
export function* pack(segments: Iterable<Segment>): Generator<StepMessage> {
  let open: Segment[] = [];
  let length = 0;
  for (const segment of segments) {
    const text = textOf(segment);
    const alone = segment.kind === "clean" || (segment.kind === "script" && travelsAlone(segment.group));
    if ((alone || length + text.length > GROUP_LENGTH) && open.length > 0) {
      yield toMessage(beforeAnother(open));
      open = [];
      length = 0;
    }
    open.push(segment);
    length += text.length;
    if (alone) {
      yield toMessage(beforeAnother(open));
      open = [];
      length = 0;
    }
  }
  if (open.length > 0) yield toMessage(open);
}

const travelsAlone = ({ strong, rows }: ScriptGroup): boolean => strong || rows !== null;

/** Another message follows: it must be read as it was split. */
const beforeAnother = (segments: readonly Segment[]): readonly Segment[] =>
  segments.some((segment) => "group" in segment) ? [...segments, READING] : segments;

const textOf = (segment: Segment): string =>
  "group" in segment ? segment.group.text : segment.statements.join(SEPARATOR);

const rowsOf = (segment: Segment): Iterable<string> | null =>
  "group" in segment ? segment.group.rows : null;

const countOf = (segment: Segment): number =>
  "group" in segment ? segment.group.parts.length : segment.statements.length;

function toMessage(segments: readonly Segment[]): StepMessage {
  const placed: Placed[] = [];
  const texts: string[] = [];
  let first = 0;
  let offset = 0;
  for (const segment of segments) {
    const text = textOf(segment);
    const statements = countOf(segment);
    placed.push({ segment, first, statements, offset });
    texts.push(text);
    first += statements;
    offset += text.length + SEPARATOR.length;
  }
  const rows_kept = segments.map(rowsKept);
  const copy = segments.map(rowsOf).find((rows) => rows !== null);
  const message = { text: texts.join(SEPARATOR), rows_kept };
  return { message: copy === undefined ? message : { ...message, copy }, placed };
}

/** How many of the script's own statements stand in a message. */
export const statementsOf = ({ placed }: StepMessage): number =>
  placed.reduce((sum, { segment }) => (segment.kind === "script" ? sum + segment.group.statements : sum), 0);

/** Whether a message takes a strong lock on something that existed before. */
export const isStrong = ({ placed }: StepMessage): boolean =>
  placed.some(({ segment }) => segment.kind === "script" && segment.group.strong);

/** Nobody reads what a script's own SELECTs return. */
const rowsKept = (segment: Segment): RowsKept => ({
  statements: countOf(segment),
  ...(segment.kind === "script" ? { rows: 0 } : CHECK_LIMITS),
});

/** What a segment came to: its results, an error within it (with how many of its statements were done), or neither. */
export type SegmentAnswer =
  | { readonly kind: "done"; readonly placed: Placed; readonly results: readonly Result[] }
  | {
      readonly kind: "error";
      readonly placed: Placed;
      readonly completed: number;
      readonly message: Message;
      readonly error: Extract<Answer, { kind: "error" }>["error"];
    }
  /** The message had more or fewer statements than were sent. */
  | { readonly kind: "miscounted" }
  | { readonly kind: "lost"; readonly reason: string };

/** The answers by segment, in order; after an error or a loss nothing follows. */
export function* bySegment(
  messages: readonly StepMessage[],
  answers: readonly Answer[],
): Generator<SegmentAnswer> {
  for (const [i, { message, placed }] of messages.entries()) {
    const answer = answers[i] ?? { kind: "lost", reason: "no answer came" };
    if (answer.kind === "lost") {
      yield { kind: "lost", reason: answer.reason };
      return;
    }
    const { results } = answer;
    const sent = placed.reduce((sum, { statements }) => sum + statements, 0);
    if (answer.kind === "done" && results.length !== sent) {
      yield { kind: "miscounted" };
      return;
    }
    const failing = answer.kind === "error" ? failingSegment(message, placed, answer) : undefined;
    for (const one of placed) {
      if (answer.kind === "error" && one === failing) {
        yield {
          kind: "error",
          placed: one,
          completed: results.length - one.first,
          message,
          error: answer.error,
        };
        return;
      }
      // Of a message that was refused as a whole nothing ran.
      if (results.length < one.first + one.statements) continue;
      yield { kind: "done", placed: one, results: results.slice(one.first, one.first + one.statements) };
    }
  }
}

/**
 * The segment that an error stands in: by the server's position where it has one, for a syntax error is found
 * before the first statement of its message runs; else by the number of statements that were done.
 */
function failingSegment(
  message: Message,
  placed: readonly Placed[],
  { error, results }: Extract<Answer, { kind: "error" }>,
): Placed | undefined {
  if (error.position === null) return placed.findLast(({ first }) => first <= results.length);
  const offset = advanceCodePoints(message.text, 0, error.position - 1);
  return placed.findLast((one) => one.offset <= offset);
}

/** The messages of a try: the first flush, which may travel with another step's end, and the rest as it is due. */
export interface Packed {
  readonly first: readonly StepMessage[];
  /** May be run through once. */
  readonly rest: Iterable<readonly StepMessage[]>;
}

export function packed(segments: Iterable<Segment>): Packed {
  const rest = flushes(pack(segments));
  const first = rest.next();
  return { first: first.done === true ? [] : first.value, rest };
}

/** Messages cut into flushes of at most a megabyte. */
function* flushes(messages: Iterable<StepMessage>): Generator<readonly StepMessage[]> {
  let batch: StepMessage[] = [];
  let length = 0;
  for (const one of messages) {
    const { text } = one.message;
    if (length > 0 && length + text.length > FLUSH_LENGTH) {
      yield batch;
      batch = [];
      length = 0;
    }
    batch.push(one);
    length += text.length;
  }
  if (batch.length > 0) yield batch;
}

/** A message that was answered and done, without its text: a large script must not be kept once more. */
export function spent({ message, placed }: StepMessage): StepMessage {
  const { rows_kept } = message;
  return {
    message: { text: "", ...(rows_kept === undefined ? {} : { rows_kept }) },
    placed: placed.map((one) => ({ ...one, segment: spentSegment(one.segment) })),
  };
}

const spentSegment = (segment: Segment): Segment =>
  "group" in segment ? { ...segment, group: { ...segment.group, text: "", parts: [], rows: null } } : segment;
