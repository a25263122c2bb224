import type { Fault } from "../errors.ts";

/** The tools whose folders are understood, by the name that `--from` takes. */
export const TOOLS = [
  "paws-migrate",
  "plain",
  "supabase",
  "flyway",
  "golang-migrate",
  "goose",
  "dbmate",
  "sqitch",
  "rails",
  "node-pg-migrate",
  "prisma",
  "diesel",
  "liquibase",
] as const;

export type Tool = (typeof TOOLS)[number];

/** SQL as one of a pile's files holds it, directives of the tool taken off, every other byte as it is. */
export interface PileScript {
  /** From the pile's root, with `/`. */
  readonly path: string;
  /** Line of the file, from 1, that the text begins in. */
  readonly line: number;
  readonly text: string;
}

/** One migration of a pile, as its tool sees it. */
export interface PileMigration {
  /**
   * What the tool's history table calls it: Flyway's `1.2`, golang-migrate's `20250101`, Prisma's folder, Sqitch's
   * change name, Liquibase's `path::id::author`.
   */
  readonly id: string;
  /** The part of the name that says what it does, as the tool spells it. */
  readonly name: string;
  readonly up: PileScript;
  readonly down: PileScript | null;
  readonly verify: PileScript | null;
  /** It has no version and is applied again when it changes (Flyway's `R__`, Liquibase's runOnChange). */
  readonly repeatable: boolean;
  /** Whether the tool ran it in a transaction; null where it does not say. */
  readonly transactional: boolean | null;
  /** The same of the way back. */
  readonly down_transactional: boolean | null;
  /** What is said of it besides: Sqitch's requires, its note, its planner. */
  readonly notes: readonly string[];
  /** Other ids of the tool's history that it stands for: what a dump of the structure sums up. */
  readonly also: readonly string[];
  /** It is no SQL (Go, Java, XML): `up` is a statement that raises, which keeps its place. */
  readonly stand_in: boolean;
}

/** A folder of SQL, as the tool it was written for reads it. */
export interface Pile {
  readonly tool: Tool;
  /** In the order in which the tool applies them; repeatable ones behind the others. */
  readonly migrations: readonly PileMigration[];
  /** Files that hold SQL or a migration and are none of `migrations`, and why. */
  readonly left: readonly { readonly path: string; readonly why: string }[];
  /** What cannot be carried over as it is: one fault a place, with file and line. */
  readonly untranslated: readonly Fault[];
  /** What contradicts the tool's own rules, so that the pile's order or parts are in doubt: nothing is made of it. */
  readonly faults: readonly Fault[];
}

/** What the reader of one tool's layout makes of the files. */
export type Reading = Omit<Pile, "tool">;
