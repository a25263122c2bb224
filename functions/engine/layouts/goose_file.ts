import type { Fault } from "../errors.ts";
import { codeOnly } from "./code_only.ts";
import { atLine } from "./layout_faults.ts";
import { beginsBehind, cutLines, type Line, linesOf } from "./marked_lines.ts";
import type { PileScript } from "./pile.ts";
import type { PileFile } from "./pile_file.ts";

export interface GooseFile {
  readonly up: PileScript;
  readonly down: PileScript | null;
  readonly transactional: boolean;
  readonly untranslated: readonly Fault[];
  readonly faults: readonly Fault[];
}

const ANNOTATION = /^\s*--\s*\+goose\s(.*)$/i;
const VARIABLE = /\$(?:\{\w[^}]*\}|[A-Za-z_]\w*)/g;

/**
 * Takes a file apart at its annotations, which leave empty lines behind. StatementBegin and StatementEnd only tell
 * goose where a statement ends; here the SQL itself does. (goose, "Annotations".)
 */
export function readGooseFile({ path, text }: PileFile): GooseFile {
  const lines = linesOf(text);
  const seen = new Annotations(path);
  for (const line of lines) if (!seen.take(line)) break;
  seen.finish();
  const { up, down, marks } = seen;
  const last = down === null ? lines.length : down - 1;
  return {
    up: cutLines(path, text, lines, up === null ? 1 : beginsBehind(lines, up, marks), last, marks),
    down: down === null ? null : cutLines(path, text, lines, down + 1, lines.length, marks),
    transactional: seen.transactional,
    untranslated: variables(path, text, seen.substituted),
    faults: seen.faults,
  };
}

/** What the annotations of one file say, line by line. */
class Annotations {
  readonly faults: Fault[] = [];
  readonly marks = new Set<number>();
  /** Lines in which goose fills in variables. */
  readonly substituted: Line[] = [];
  up: number | null = null;
  down: number | null = null;
  transactional = true;
  private open: number | null = null;
  private envsub = false;
  private readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  /** Whether the file can be read on. */
  take(line: Line): boolean {
    const said = ANNOTATION.exec(line.text)?.[1]?.trim().toUpperCase().replace(/\s+/g, " ");
    if (said !== undefined) {
      this.marks.add(line.number);
      this.mark(said, line.number);
      return true;
    }
    if (this.envsub) this.substituted.push(line);
    if (this.up !== null || /^\s*(?:--|$)/.test(line.text)) return true;
    this.wrong(line.number, "has SQL before `-- +goose Up`");
    this.up = line.number;
    return false;
  }

  finish(): void {
    this.close();
    if (this.up === null) this.wrong(1, "has no `-- +goose Up`");
  }

  private mark(said: string, line: number): void {
    const { up, down, open } = this;
    if (said === "UP") {
      if (up !== null) this.wrong(line, `has \`-- +goose Up\` twice; the first is in line ${up}`);
      this.up ??= line;
    } else if (said === "DOWN") {
      if (up === null) this.wrong(line, "has `-- +goose Down` before `-- +goose Up`");
      if (down !== null) this.wrong(line, `has \`-- +goose Down\` twice; the first is in line ${down}`);
      this.close();
      this.down ??= line;
    } else if (said === "STATEMENTBEGIN") {
      if (up === null) this.wrong(line, "has a StatementBegin before `-- +goose Up`");
      if (open !== null) this.wrong(line, `has a StatementBegin within the one of line ${open}`);
      this.open ??= line;
    } else if (said === "STATEMENTEND") {
      if (open === null) this.wrong(line, "has a StatementEnd without a StatementBegin");
      this.open = null;
    } else if (said === "NO TRANSACTION") this.transactional = false;
    else if (said === "ENVSUB ON") this.envsub = true;
    else if (said === "ENVSUB OFF") this.envsub = false;
    else this.wrong(line, `has an annotation that goose does not know: \`${said}\``);
  }

  private close(): void {
    if (this.open !== null) this.wrong(this.open, "has no StatementEnd for this StatementBegin");
    this.open = null;
  }

  private wrong(line: number, said: string): void {
    this.faults.push(atLine("layout-bad-marker", this.path, line, `${this.path} ${said}.`));
  }
}

/** Places that one file lists. */
const PLACES_LISTED = 20;

function variables(path: string, text: string, substituted: readonly Line[]): readonly Fault[] {
  if (substituted.length === 0) return [];
  const code = codeOnly(text, "keep");
  return substituted
    .flatMap(({ start, end, number }) =>
      [...code.slice(start, end).matchAll(VARIABLE)].map(({ 0: name }) => ({ name, number })),
    )
    .slice(0, PLACES_LISTED)
    .map(({ name, number }) => {
      const said = `\`${name}\` is a variable of the environment that goose fills in.`;
      return atLine("untranslated-variable", path, number, said);
    });
}
