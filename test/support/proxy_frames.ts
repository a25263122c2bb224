/** One message of the PostgreSQL protocol, whole. A startup packet has the type "". */
export interface Frame {
  readonly type: string;
  /** With its type and its length, as on the wire. */
  readonly bytes: Buffer;
  /** After its length. */
  readonly body: Buffer;
}

/** Cuts a stream into messages, however its chunks fall. */
export class FrameReader {
  #rest: Buffer = Buffer.alloc(0);

  /** The next whole message. `typed`: it begins with a letter, as all but a client's first ones do. */
  next(typed: boolean): Frame | null {
    const head = typed ? 5 : 4;
    if (this.#rest.length < head) return null;
    const length = this.#rest.readInt32BE(head - 4) + head - 4;
    if (this.#rest.length < length) return null;
    const bytes = this.take(length);
    return { type: typed ? bytes.toString("latin1", 0, 1) : "", bytes, body: bytes.subarray(head) };
  }

  /** So many bytes of no message: the answer to an SSLRequest, or all that follows it. */
  take(length = this.#rest.length): Buffer {
    const bytes = this.#rest.subarray(0, length);
    this.#rest = this.#rest.subarray(length);
    return bytes;
  }

  get waiting(): number {
    return this.#rest.length;
  }

  push(chunk: Buffer): void {
    this.#rest = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
  }
}

/** A message of type `type`. */
export function frame(type: string, body: Buffer): Buffer {
  const head = Buffer.alloc(5);
  head.write(type, "latin1");
  head.writeInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
}
