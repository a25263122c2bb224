import type { ErrorCode } from "../error_codes.ts";
import { type Fault, fault } from "../errors.ts";
import { isHarmlessMeta, remedyOfMeta } from "../script/lexical_faults.ts";
import { lex } from "../sql/lex.ts";
import { locate } from "../sql/position.ts";
import { codeOnly } from "./code_only.ts";
import type { PileMigration, PileScript, Tool } from "./pile.ts";

/** Places of a kind that one script lists; the rest is counted. */
const PLACES_LISTED = 20;

/** What in a migration's scripts the tool, or psql, replaces or obeys before the server sees it. */
export function untranslatedIn({ up, down, verify, stand_in }: PileMigration, tool: Tool): readonly Fault[] {
  if (stand_in) return [];
  return [up, down, verify].flatMap((script) =>
    script === null ? [] : [...metas(script), ...variables(script, tool)],
  );
}

/** psql's commands, but for those that do nothing here. */
function metas(script: PileScript): readonly Fault[] {
  const { text } = script;
  if (!text.includes("\\")) return [];
  const found = lex(text).metas.filter((meta) => !isHarmlessMeta(text, meta));
  return listed(
    script,
    found.map(({ start, end }) => {
      const name = /^\\\S*/.exec(text.slice(start, end))?.[0] ?? "\\";
      return {
        code: "untranslated-psql",
        at: start,
        said: `\`${name}\` is a command of psql, no SQL.`,
        remedy: remedyOfMeta(name),
      };
    }),
  );
}

interface Found {
  readonly code: ErrorCode;
  readonly at: number;
  readonly said: string;
  readonly remedy?: string | undefined;
}

/** `${name}` is Flyway's wherever it stands but in a comment; the others are SQL's own text within a literal. */
function variables(script: PileScript, tool: Tool): readonly Fault[] {
  const { text } = script;
  const found: Found[] = [];
  const look = (pattern: RegExp, literals: "keep" | "blank", what: string) => {
    if (text.search(pattern) < 0) return;
    for (const { index, 0: name } of codeOnly(text, literals).matchAll(pattern)) {
      found.push({ code: "untranslated-variable", at: index, said: `\`${name}\` is ${what}.` });
    }
  };
  if (tool === "flyway" || tool === "liquibase") {
    look(/\$\{[^}\s]{1,200}\}/g, "keep", `a placeholder that ${NAMES[tool]} fills in`);
  }
  look(/\{\{[^{}]{0,200}\}\}/g, "blank", "of a template");
  if (tool === "sqitch" || tool === "plain") {
    look(/(?<![:\w\])[]):(?:'\w+'|"\w+")/g, "keep", "a variable of psql");
  }
  if (tool === "sqitch") look(/(?<![:\w\])[]):[A-Za-z_]\w*/g, "blank", "a variable of psql");
  return listed(
    script,
    found.sort((a, b) => a.at - b.at),
  );
}

const NAMES = { flyway: "Flyway", liquibase: "Liquibase" } as const;

function listed({ path, line, text }: PileScript, found: readonly Found[]): readonly Fault[] {
  const shown = found.slice(0, PLACES_LISTED);
  const more = found.length - shown.length;
  return shown.map(({ code, at, said, remedy }, i) => {
    const place = locate(text, at);
    const rest = more > 0 && i === shown.length - 1 ? ` ${more} more are in this file.` : "";
    return fault(code, `${said}${rest}`, {
      file: path,
      ...place,
      line: place.line + line - 1,
      ...(remedy === undefined ? {} : { remedy }),
    });
  });
}
