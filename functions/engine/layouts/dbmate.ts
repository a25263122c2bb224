import { firstFile, type Layout } from "./layout.ts";
import { atLine, duplicates } from "./layout_faults.ts";
import { beginsBehind, cutLines, type Line, linesOf } from "./marked_lines.ts";
import type { PileMigration, Reading } from "./pile.ts";
import { byText, type PileFile } from "./pile_file.ts";
import { forwardOnly } from "./script_parts.ts";

const NAME = /^(\d+)(.*)\.sql$/s;
const MARK = /^--\s*migrate:(up|down)(?:\s(.*))?$/;

/**
 * `<version>_<name>.sql` with `-- migrate:up` and `-- migrate:down` inside, in order of name; the digits are the history's version. (dbmate, "Creating
 * migrations" and its source's block patterns.)
 */
export const dbmate: Layout = {
  evidence: (files) =>
    firstFile(files, "has a block of dbmate", ({ sql, text }) => sql && /^--\s*migrate:up\b/m.test(text)),
  read,
};

function read(files: readonly PileFile[]): Reading {
  const sql = files.filter((file) => file.sql);
  const named = sql.filter(({ base }) => NAME.test(base)).toSorted((a, b) => byText(a.base, b.base));
  const versionOf = ({ base }: PileFile): string => NAME.exec(base)?.[1] ?? "";
  const readings = named.map((file) => readFile(file, versionOf(file)));
  return {
    migrations: readings.map(({ migration }) => migration),
    left: sql
      .filter((file) => !named.includes(file))
      .map(({ path, base }) => ({
        path,
        why: base === "schema.sql" ? "dbmate's dump of the schema" : "not named as a migration of dbmate",
      })),
    untranslated: readings.flatMap(({ untranslated }) => untranslated),
    faults: [
      ...duplicates("dbmate", named, (file) => `version ${versionOf(file)}`),
      ...readings.flatMap(({ faults }) => faults),
    ],
  };
}

function readFile({ path, base, text }: PileFile, version: string) {
  const lines = linesOf(text);
  const marks = lines.filter((line) => MARK.test(line.text));
  const [up, down] = ["up", "down"].map((way) => marks.find((line) => MARK.exec(line.text)?.[1] === way));
  const taken = new Set(marks.map(({ number }) => number));
  const last = down === undefined ? lines.length : down.number - 1;
  const migration: PileMigration = {
    ...forwardOnly(
      version,
      (NAME.exec(base)?.[2] ?? "").replace(/^_/, ""),
      cutLines(path, text, lines, up === undefined ? 1 : beginsBehind(lines, up.number, taken), last, taken),
    ),
    down: down === undefined ? null : cutLines(path, text, lines, down.number + 1, lines.length, taken),
    // Each part says it of itself.
    transactional: !outside(up),
    down_transactional: outside(down) ? false : null,
  };
  return {
    migration,
    untranslated: marks.flatMap((line) =>
      optionsOf(line)
        .filter((option) => !/^transaction:(?:true|false)$/.test(option))
        .map((option) =>
          atLine("untranslated-option", path, line.number, `\`${option}\` has no counterpart here.`),
        ),
    ),
    faults: faultsOf(path, lines, marks, up, down),
  };
}

const outside = (mark: Line | undefined): boolean => optionsOf(mark).includes("transaction:false");

const optionsOf = (line: Line | undefined): readonly string[] =>
  (MARK.exec(line?.text ?? "")?.[2] ?? "").split(/\s+/).filter((option) => option !== "");

function faultsOf(
  path: string,
  lines: readonly Line[],
  marks: readonly Line[],
  up: Line | undefined,
  down: Line | undefined,
) {
  const wrong = (line: number, said: string) => atLine("layout-bad-marker", path, line, `${path} ${said}.`);
  if (up === undefined) return [wrong(1, "has no `-- migrate:up`")];
  if (down !== undefined && down.number < up.number) {
    return [wrong(down.number, "has `-- migrate:down` before `-- migrate:up`")];
  }
  const early = lines.slice(0, up.number - 1).find(({ text }) => !/^\s*(?:--|$)/.test(text));
  return [
    ...(early === undefined ? [] : [wrong(early.number, "has SQL before `-- migrate:up`")]),
    ...marks
      .filter((line) => line !== up && line !== down)
      .map((line) => wrong(line.number, `has \`${line.text.trim()}\` a second time`)),
  ];
}
