import { Spans } from "../sql/spans.ts";
import type { Statement } from "./script.ts";

/** What many statements of a script have in common. */
export type Traits = Pick<Statement, "class" | "strong" | "replacement">;

/** A script's statements in order. Each is made when it is asked for: a data script may have a million of them. */
export class StatementTable implements Iterable<Statement> {
  private readonly spans = new Spans();
  private readonly traits: Traits[] = [];

  get length(): number {
    return this.traits.length;
  }

  /** Rows share `traits`; it must not be a new object for each. */
  add(start: number, end: number, traits: Traits): void {
    this.spans.add(start, end);
    this.traits.push(traits);
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
