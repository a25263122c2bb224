const OTHER = 0;
const FIRST = 1;
const CREATE = 2;
const CREATE_OR = 3;
const CREATE_OR_REPLACE = 4;
const COPY = 5;
const COPY_FROM = 6;
const COPY_IN = 7;
const ROUTINE = 8;
const ROUTINE_BEGIN = 9;

/**
 * Follows a statement's words as far as they matter for its end: CREATE [OR REPLACE] FUNCTION|PROCEDURE, within
 * which BEGIN ATOMIC ... END holds semicolons, and COPY ... FROM stdin, behind which rows stand.
 */
export class StatementHead {
  private state = FIRST;
  /** BEGIN ATOMIC and the CASEs in it that are open. */
  private depth = 0;
  private after_as = false;
  /** Offset of the last BEGIN. */
  body_start = 0;

  /** No later word of this statement can matter. */
  get settled(): boolean {
    return this.state === OTHER;
  }

  /** It is a COPY ... FROM stdin. */
  get takes_rows(): boolean {
    return this.state === COPY_IN;
  }

  /** A `;` here does not end the statement. */
  get in_body(): boolean {
    return this.depth > 0;
  }

  reset(): void {
    this.state = FIRST;
    this.depth = 0;
  }

  /** Anything but a word. */
  other(): void {
    if (this.state === FIRST || this.state === COPY_FROM) this.state = OTHER;
    this.after_as = false;
  }

  /** `nested`: within parentheses, or after a dot. */
  word(written: string, at: number, nested: boolean): void {
    // None of the words that matter is longer.
    const word = written.length <= "procedure".length ? written.toLowerCase() : "";
    if (this.state < ROUTINE) {
      this.state = this.state < COPY ? next(this.state, word) : nextOfCopy(this.state, word, nested);
      return;
    }
    // `AS end` is a column's name.
    if (!nested && !this.after_as) this.bodyWord(word, at);
    this.after_as = word === "as";
  }

  private bodyWord(word: string, at: number): void {
    if (this.depth > 0) {
      if (word === "case") this.depth++;
      else if (word === "end") this.depth--;
      return;
    }
    if (this.state === ROUTINE_BEGIN && word === "atomic") this.depth = 1;
    this.state = word === "begin" ? ROUTINE_BEGIN : ROUTINE;
    if (word === "begin") this.body_start = at;
  }
}

/** A name that is FROM or STDIN is quoted, or stands in parentheses. The grammar takes STDOUT for STDIN. */
function nextOfCopy(state: number, word: string, nested: boolean): number {
  if (state === COPY) return word === "from" && !nested ? COPY_FROM : COPY;
  if (state === COPY_FROM) return word === "stdin" || word === "stdout" ? COPY_IN : OTHER;
  return state;
}

function next(state: number, word: string): number {
  switch (word) {
    case "copy":
      return state === FIRST ? COPY : OTHER;
    case "create":
      return state === FIRST ? CREATE : OTHER;
    case "or":
      return state === CREATE ? CREATE_OR : OTHER;
    case "replace":
      return state === CREATE_OR ? CREATE_OR_REPLACE : OTHER;
    case "function":
    case "procedure":
      return state === CREATE || state === CREATE_OR_REPLACE ? ROUTINE : OTHER;
    default:
      return OTHER;
  }
}
