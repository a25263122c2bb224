import { readFileSync, writeFileSync } from "node:fs";
import type { ObjectEntries } from "valibot";
import { EXIT_STATUS, errorName, type Status } from "#engine/status.ts";
import { METRICS } from "#io/contract.ts";
import { APPLY_EVENT } from "#io/lambda/apply_event.ts";
import { BUNDLE } from "#io/lambda/event_fields.ts";
import { ROLLBACK_EVENT } from "#io/lambda/rollback_event.ts";
import { STATUS_EVENT } from "#io/lambda/status_event.ts";
import { VERIFY_EVENT } from "#io/lambda/verify_event.ts";

export const FUNCTIONS_PAGE = new URL("../../docs/functions.md", import.meta.url);

/** A table whose rows the code has, and whose last column is written by hand: it is kept by the row's name. */
interface Table {
  readonly marker: string;
  readonly head: readonly string[];
  /** Every column but the last; the first is the name. */
  readonly rows: readonly (readonly string[])[];
}

const EVENTS = { apply: APPLY_EVENT, rollback: ROLLBACK_EVENT, verify: VERIFY_EVENT, status: STATUS_EVENT };

const TABLES: readonly Table[] = [
  { marker: "events", head: ["field", "events", "wanted", "default", "meaning"], rows: eventRows() },
  {
    marker: "errors",
    head: ["error's name", "report's status", "what to do"],
    rows: (Object.keys(EXIT_STATUS) as Status[]).flatMap((status) =>
      status === "ok" ? [] : [[`\`${errorName(status)}\``, `\`${status}\``]],
    ),
  },
  {
    marker: "metrics",
    head: ["metric", "unit", "value"],
    rows: Object.values(METRICS).map(({ name, unit }) => [`\`${name}\``, unit]),
  },
];

/** The page as it stands, and as the code has it; UPDATE_DOCS=1 writes the latter. `bare` names rows without words. */
export function generatedFunctionsPage() {
  const found = readFileSync(FUNCTIONS_PAGE, "utf8");
  const bare: string[] = [];
  const wanted = TABLES.reduce((page, table) => withTable(page, table, bare), found);
  if (process.env.UPDATE_DOCS === undefined) return { found, wanted, bare };
  writeFileSync(FUNCTIONS_PAGE, wanted);
  return { found: wanted, wanted, bare };
}

function withTable(page: string, { marker, head, rows }: Table, bare: string[]): string {
  const [, before, begin, inside, end, after] =
    new RegExp(`^(.*?)(<!-- ${marker}: [^\\n]*-->\\n)(.*?)(<!-- end of ${marker} -->)(.*)$`, "s").exec(
      page,
    ) ?? [];
  if (begin === undefined) throw new Error(`the page has no marker ${marker}`);
  const words = new Map(
    [...(inside ?? "").matchAll(/^\| (.+?) \|.* \| ([^|]*?) ?\|$/gm)].map(([, name = "", said = ""]) => [
      name,
      said,
    ]),
  );
  const lines = rows.map((cells) => {
    const said = words.get(cells[0] ?? "")?.trim() ?? "";
    if (said === "") bare.push(`${marker}: ${cells[0]}`);
    return `| ${[...cells, said].join(" | ")} |`;
  });
  const table = [`| ${head.join(" | ")} |`, `|${" --- |".repeat(head.length)}`, ...lines].join("\n");
  return `${before}${begin}\n${table}\n\n${end}${after}`;
}

function eventRows(): readonly (readonly string[])[] {
  const names = [...new Set(Object.values(EVENTS).flatMap(({ entries }) => Object.keys(entries)))];
  const rows = names.map((name) => {
    const owners = Object.entries(EVENTS).filter(([, { entries }]) => name in entries);
    const entry = (owners[0]?.[1].entries as ObjectEntries | undefined)?.[name];
    const of =
      owners.length === Object.keys(EVENTS).length
        ? "all"
        : owners.map(([event]) => `\`${event}\``).join(", ");
    return row(name, of, entry);
  });
  const bundle = Object.entries(BUNDLE.entries).map(([name, entry]) => row(`bundle.${name}`, "all", entry));
  return rows.flatMap((cells) => (cells[0] === "`bundle`" ? bundle : [cells]));
}

function row(name: string, of: string, entry: unknown): readonly string[] {
  const given = (entry as { readonly default?: unknown }).default;
  const text = given === undefined || typeof given === "object" ? "" : `\`${String(given)}\``;
  return [`\`${name}\``, of, wantedBy(entry), text];
}

/** The words of the first schema that has some. */
function wantedBy(schema: unknown): string {
  const { message, wrapped, pipe } = schema as {
    message?: unknown;
    wrapped?: unknown;
    pipe?: readonly unknown[];
  };
  if (typeof message === "string") return message;
  if (wrapped !== undefined) return wantedBy(wrapped);
  return (pipe ?? []).map(wantedBy).find((words) => words !== "") ?? "";
}
