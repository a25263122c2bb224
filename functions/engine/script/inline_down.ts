import { lex } from "../sql/lex.ts";
import type { Lexed } from "../sql/lexed.ts";
import type { FaultList } from "./fault_list.ts";

const BANNER = /^--.*\bMIGRATION\s+(DOWN|UP)\b/i;

/**
 * The rollback within a forward file: the inside of the block comment that follows a `-- MIGRATION DOWN`
 * banner, with everything around it blanked, so that offsets and lines are those of the file. Null where
 * there is no such banner or no comment follows it before the next statement.
 */
export function inlineRollback(_path: string, text: string): string | null {
  if (!/MIGRATION\s+DOWN/i.test(text)) return null;
  const lexed = lex(text);
  const banner = lastDownBanner(text, lexed);
  if (banner === null) return null;
  const block = lexed.comments.find(({ kind, start }) => kind === "block" && start > banner);
  if (block === undefined || !text.slice(0, block.end).endsWith("*/")) return null;
  const next = firstAfter(lexed, banner);
  if (next !== null && next < block.start) return null;
  const inside = text.slice(block.start + 2, block.end - 2);
  return blank(text.slice(0, block.start + 2)) + inside + blank(text.slice(block.end - 2));
}

/** Refuses statements after the banner that are no comment: they would run as part of the migration. */
export function refuseUncommentedDown(text: string, lexed: Lexed, faults: FaultList): void {
  const banner = lastDownBanner(text, lexed);
  const statement = banner === null ? null : firstAfter(lexed, banner);
  if (statement === null) return;
  faults.add("down-uncommented", "A statement after MIGRATION DOWN would run with the migration.", statement);
}

/** Where the first statement behind `offset` begins; null where none follows. */
function firstAfter({ statements }: Lexed, offset: number): number | null {
  for (const { start } of statements) if (start > offset) return start;
  return null;
}

/** Where the MIGRATION DOWN banner stands that no MIGRATION UP banner follows; null where there is none. */
function lastDownBanner(text: string, lexed: Pick<Lexed, "comments">): number | null {
  let banner: number | null = null;
  for (const { kind, start, end } of lexed.comments) {
    if (kind !== "line") continue;
    const [, direction] = BANNER.exec(text.slice(start, end)) ?? [];
    if (direction !== undefined) banner = direction.toUpperCase() === "DOWN" ? start : null;
  }
  return banner;
}

/** Spaces of the same length, with the line ends kept. */
const blank = (text: string): string => text.replace(/[^\r\n]/g, " ");
