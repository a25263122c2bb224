import type { Answer, Message, Session } from "#engine/seam.ts";

/** The half of a socket that is written to. */
export interface Sink {
  readonly writable: boolean;
  write(bytes: Uint8Array): boolean;
  once(event: "drain" | "close", done: () => void): unknown;
  off(event: "drain" | "close", done: () => void): unknown;
}

const COPY_DATA = 0x64;
const COPY_DONE = Uint8Array.of(0x63, 0, 0, 0, 4);
/** The message's type, and its length, which counts itself. */
const HEAD = 5;

/**
 * Answers a CopyInResponse: the pieces as CopyData, never more of them than the socket takes, then CopyDone. After an
 * error the server passes over what is still on its way, so the rest is not sent: then nothing more is `wanted`.
 */
export async function sendRows(sink: Sink, pieces: Iterable<string>, wanted: () => boolean): Promise<void> {
  for (const piece of pieces) {
    if (!wanted() || !sink.writable) return;
    if (!sink.write(copyData(piece))) await drained(sink);
  }
  if (wanted() && sink.writable) sink.write(COPY_DONE);
}

function copyData(piece: string): Buffer {
  const frame = Buffer.allocUnsafe(HEAD + Buffer.byteLength(piece));
  frame[0] = COPY_DATA;
  frame.writeUInt32BE(frame.length - 1, 1);
  frame.write(piece, HEAD);
  return frame;
}

const drained = (sink: Sink): Promise<void> =>
  new Promise((resolve) => {
    const done = (): void => {
      sink.off("drain", done);
      sink.off("close", done);
      resolve();
    };
    sink.once("drain", done);
    sink.once("close", done);
  });

type Send = Session["send"];

/**
 * Holds back what would be written behind a COPY before that has its rows: the server would take it for rows. Without
 * a COPY everything is written at once.
 */
export function behindCopies(write: Send): Send {
  let copying: Promise<unknown> | null = null;
  return (messages, answered) => {
    if (copying === null && messages.every(({ copy }) => copy === undefined))
      return write(messages, answered);
    const sending = (copying ?? Promise.resolve()).then(() => inParts(messages, answered));
    const over = sending.then(() => {
      if (copying === over) copying = null;
    });
    copying = over;
    return sending;
  };

  async function inParts(messages: readonly Message[], answered: Parameters<Send>[1]) {
    const answers: Answer[] = [];
    for (const part of partsOf(messages)) answers.push(...(await write(part, answered)));
    return answers;
  }
}

/** Each COPY is the last of its part. */
function* partsOf(messages: readonly Message[]): Generator<readonly Message[]> {
  let part: Message[] = [];
  for (const message of messages) {
    part.push(message);
    if (message.copy === undefined) continue;
    yield part;
    part = [];
  }
  if (part.length > 0) yield part;
}
