import { leadingComments } from "../script/leading_comments.ts";
import type { Header } from "./bundle.ts";

const HEADER_KEYS = ["description", "author", "date", "epic", "story"] as const;
const NOTES_KEYS = ["dependencies", "breaking_changes", "data_migration", "estimated_duration"] as const;
const KEY_LINE = /^\s*([A-Za-z]+(?: [A-Za-z]+)?)\s*:\s*(.*?)\s*$/;
const NOTES_BANNER = /^[ \t]*--[ \t]*NOTES[ \t]*$/im;

/**
 * The keys of STORY-007's header (comments before the first statement) and of its NOTES (comment lines after
 * a `-- NOTES` line). The first of a key counts. An untouched `[placeholder]` of the template counts as absent.
 */
export function readHeader(text: string): Header {
  const found = new Map<string, string>();
  const read = (line: string, keys: readonly string[]): void => {
    const [, key = "", value = ""] = KEY_LINE.exec(line) ?? [];
    const name = key.toLowerCase().replace(" ", "_");
    if (value === "" || /^\[[^\]]*\]$/.test(value) || !keys.includes(name) || found.has(name)) return;
    found.set(name, value);
  };
  for (const comment of leadingComments(text).comments) read(comment.text, HEADER_KEYS);
  const notes = NOTES_BANNER.exec(text);
  for (const line of notes === null ? [] : text.slice(notes.index).split(/\r\n|\n|\r/)) {
    const [, comment] = /^[ \t]*--(.*)$/.exec(line) ?? [];
    if (comment !== undefined) read(comment, NOTES_KEYS);
  }
  const of = (key: string): string | null => found.get(key) ?? null;
  return {
    description: of("description"),
    author: of("author"),
    date: of("date"),
    epic: of("epic"),
    story: of("story"),
    dependencies: of("dependencies"),
    breaking_changes: of("breaking_changes"),
    data_migration: of("data_migration"),
    estimated_duration: of("estimated_duration"),
  };
}
