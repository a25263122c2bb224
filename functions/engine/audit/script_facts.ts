import type { PileScript } from "../layouts/pile.ts";
import type { ScriptRole } from "../script/script.ts";
import { lex } from "../sql/lex.ts";
import { MadeHere } from "../sql/locks.ts";
import { parseStatement } from "../sql/parse.ts";
import { locate, type Place } from "../sql/position.ts";
import { classOf } from "../sql/statement_class.ts";
import { survey } from "../sql/survey.ts";
import { flag, type Tree, text } from "../sql/tree.ts";
import { harmOf } from "./destructive.ts";
import { AddedValues } from "./enum_values.ts";
import { type Finding, type FindingCode, finding } from "./findings.ts";
import { verifiesInside } from "./inner_verification.ts";
import { type ObjectChange, type ObjectName, spelled } from "./object_kinds.ts";
import { objectsOf } from "./objects.ts";
import { insertsOwnRows } from "./seed_rows.ts";
import { printOf, treeText } from "./statement_print.ts";

/** What a statement says, to be compared with others, and where it stands. */
export interface Print {
  readonly print: string;
  readonly line: number;
  /** It makes, changes or fills something: worth telling where it stands twice. */
  readonly works: boolean;
}

/** What is known of a script from its statements. */
export interface ScriptFacts {
  readonly statements: number;
  readonly objects: readonly ObjectChange[];
  /** Tables that its foreign keys and queries name. */
  readonly refers: readonly ObjectName[];
  readonly prints: readonly Print[];
  readonly verifies: boolean;
  readonly findings: readonly Finding[];
}

/** Looks through the statements that parse; what a run refuses of them is not said here. */
export function scriptFacts(script: PileScript, role: ScriptRole): ScriptFacts {
  return new Look(script, role).run();
}

/** Of one kind no more are told of one script: nobody reads them. */
const MOST_OF_A_KIND = 50;

class Look {
  private readonly objects = new Map<string, ObjectChange>();
  private readonly refers = new Map<string, ObjectName>();
  private readonly prints: Print[] = [];
  private readonly found = new Map<FindingCode, Finding[]>();
  private readonly here = new MadeHere();
  private readonly own = new Set<string>();
  private readonly values = new AddedValues();
  private verifies = false;
  private seeds = 0;
  private first_seed: Place | null = null;
  private has_ddl = false;
  private first_begin: Place | null = null;
  /** BEGIN and COMMIT, which are the job's affair and count as no statements. */
  private control = 0;
  /** Places are found from here on: a script of many statements is not counted anew for each. */
  private from = { offset: 0, line: 1 };

  private readonly script: PileScript;
  private readonly role: ScriptRole;

  constructor(script: PileScript, role: ScriptRole) {
    this.script = script;
    this.role = role;
  }

  run(): ScriptFacts {
    const { text: source } = this.script;
    const { statements } = lex(source);
    for (const { start, end } of statements) {
      const sql = source.slice(start, end);
      const parsed = parseStatement(sql);
      if (parsed.kind === "error")
        this.prints.push({ print: printOf(sql), line: this.lineAt(start), works: false });
      else this.statement(parsed.type, parsed.tree, sql, start);
    }
    this.sayWhole();
    return {
      statements: statements.length - this.control,
      objects: [...this.objects.values()],
      refers: [...this.refers.values()],
      prints: this.prints,
      verifies: this.verifies,
      findings: [...this.found.values()].flat(),
    };
  }

  private statement(type: string, tree: Tree, sql: string, start: number): void {
    const kind = type === "TransactionStmt" ? (text(tree, "kind") ?? "") : "";
    if (/^TRANS_STMT_(BEGIN|START)$/.test(kind)) this.first_begin ??= this.placeAt(start);
    const is_control = /^TRANS_STMT_(BEGIN|START|COMMIT)$/.test(kind);
    if (is_control) this.control++;
    const words = treeText(type, tree, sql);
    const surveyed = survey(type, tree);
    const changes = objectsOf(type, tree);
    const works = changes.length > 0 || surveyed.modifies || type === "CopyStmt";
    if (!is_control) this.prints.push({ print: printOf(words), line: this.lineAt(start), works });
    this.verifies ||= verifiesInside(type, tree);
    for (const { schema, name } of [...surveyed.reads, ...surveyed.writes])
      this.refers.set(spelled({ schema, name }), { schema, name });
    this.judge(type, tree, words, start);
    if (this.role === "up" && insertsOwnRows(type, tree, surveyed)) {
      this.seeds++;
      this.first_seed ??= this.placeAt(start);
    }
    if (classOf(type) === "ddl" && changes.length > 0) this.has_ddl = true;
    for (const change of changes) this.noteChange(change);
    this.noteOwn(type, tree, changes);
  }

  /** A rollback is there to drop; only what it does not name is nobody's wish. */
  private judge(type: string, tree: Tree, words: string, start: number): void {
    if (this.role === "verify") return;
    const isOwn = (name: ObjectName): boolean =>
      this.own.has(spelled(name)) ||
      this.here.has({ schema: name.schema, name: name.name ?? "", location: 0 });
    for (const { code, message } of harmOf(type, tree, isOwn))
      if (this.role === "up" || code === "cascade") this.say(code, message, start);
    const used = this.values.usedBy(words);
    if (used !== null)
      this.say("enum-value-used", `The new value ${used} is used in the transaction that adds it.`, start);
    this.values.note(type, tree);
  }

  /** What the script makes for sure: with IF NOT EXISTS or OR REPLACE it may have been there before. */
  private noteOwn(type: string, tree: Tree, changes: readonly ObjectChange[]): void {
    this.here.note(type, tree);
    if (flag(tree, "if_not_exists") || flag(tree, "replace")) return;
    for (const change of changes) if (change.change === "makes") this.own.add(spelled(change));
  }

  private noteChange(change: ObjectChange): void {
    const on = change.on === null ? "" : spelled(change.on);
    this.objects.set(`${change.change} ${change.kind} ${spelled(change)} ${on}`, change);
  }

  private sayWhole(): void {
    const { path } = this.script;
    if (this.first_begin !== null) {
      this.put(
        finding("own-transaction", "The file has its own BEGIN.", { file: path, ...this.first_begin }),
      );
    }
    if (!this.has_ddl || this.seeds === 0 || this.first_seed === null) return;
    const rows = this.seeds === 1 ? "A statement puts" : `${this.seeds} statements put`;
    const message = `${rows} rows in, among changes of the schema.`;
    this.put(finding("seed-in-schema", message, { file: path, ...this.first_seed }));
  }

  private say(code: FindingCode, message: string, offset: number): void {
    this.put(finding(code, message, { file: this.script.path, ...this.placeAt(offset) }));
  }

  private put(found: Finding): void {
    const all = this.found.get(found.code) ?? [];
    if (all.length < MOST_OF_A_KIND) this.found.set(found.code, [...all, found]);
  }

  private lineAt(offset: number): number {
    const { text: source, line } = this.script;
    for (; this.from.offset < offset; this.from.offset++) {
      const code = source.charCodeAt(this.from.offset);
      if (code === 10 || (code === 13 && source.charCodeAt(this.from.offset + 1) !== 10)) this.from.line++;
    }
    return this.from.line + line - 1;
  }

  private placeAt(offset: number): Place {
    const place = locate(this.script.text, offset);
    return { ...place, line: place.line + this.script.line - 1 };
  }
}
