import type { Span, Spans } from "../sql/spans.ts";
import type { Statement, Statements } from "./script.ts";

/** What many statements of a script have in common. */
export type Traits = Pick<Statement, "class" | "strong" | "replacement">;

/** A script's statements in order. Each is made when it is asked for: a data script may have a million of them. */
export class StatementTable implements Statements {
  private readonly spans: Spans;
  private readonly traits: readonly Traits[];
  private readonly rows: ReadonlyMap<number, Span> | null;

  /**
   * `traits` belong to the spans in order; those that are alike should be one object. `rows`: of each COPY ... FROM
   * stdin, by where its statement starts.
   */
  constructor(spans: Spans, traits: readonly Traits[], rows: ReadonlyMap<number, Span> | null = null) {
    this.spans = spans;
    this.traits = traits;
    this.rows = rows;
  }

  get length(): number {
    return this.traits.length;
  }

  /** As an array's `at`. */
  at(index: number): Statement | undefined {
    const traits = this.traits.at(index);
    if (traits === undefined) return undefined;
    const { start, end } = this.spans.at(index < 0 ? index + this.length : index);
    return {
      start,
      end,
      class: traits.class,
      strong: traits.strong,
      rows: this.rows?.get(start) ?? null,
      replacement: traits.replacement,
    };
  }

  *[Symbol.iterator](): Generator<Statement> {
    for (let index = 0; index < this.length; index++) {
      const statement = this.at(index);
      if (statement !== undefined) yield statement;
    }
  }
}
