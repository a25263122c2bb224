/** UTF-16 offsets; `end` is exclusive. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

const FIRST_ROOM = 64;

/** Spans in order. A script may have a million statements: as objects they would take more room than its text. */
export class Spans implements Iterable<Span> {
  private offsets = new Int32Array(2 * FIRST_ROOM);
  private count = 0;

  get length(): number {
    return this.count;
  }

  add(start: number, end: number): void {
    const at = 2 * this.count;
    if (at === this.offsets.length) {
      const more = new Int32Array(2 * at);
      more.set(this.offsets);
      this.offsets = more;
    }
    this.offsets[at] = start;
    this.offsets[at + 1] = end;
    this.count++;
  }

  /** The span at `index`, from 0; throws where there is none. */
  at(index: number): Span {
    const start = this.offsets[2 * index];
    const end = this.offsets[2 * index + 1];
    if (index >= this.count || start === undefined || end === undefined) {
      throw new RangeError(`there is no span ${index} of ${this.count}`);
    }
    return { start, end };
  }

  /** All but those at `indexes`. */
  without(indexes: ReadonlySet<number>): Spans {
    if (indexes.size === 0) return this;
    const rest = new Spans();
    let index = 0;
    for (const { start, end } of this) if (!indexes.has(index++)) rest.add(start, end);
    return rest;
  }

  *[Symbol.iterator](): Generator<Span> {
    for (let index = 0; index < this.count; index++) yield this.at(index);
  }
}
