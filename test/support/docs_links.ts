import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { type Page, root } from "./docs_page.ts";

/** The page without its fenced blocks. */
const proseOf = ({ text }: Page): string => text.replaceAll(/^ *```[\s\S]*?^ *```$/gm, "");

/** What stands between backquotes in the prose. */
export const codesOf = (page: Page): readonly string[] =>
  [...proseOf(page).matchAll(/`([^`\n]+(?:\n[^`\n]+)?)`/g)].map(([, code = ""]) =>
    code.replaceAll("\n", " "),
  );

/** Links of a page that lead nowhere: files that are not there, headings that are not in them. */
export function deadLinks(page: Page): readonly string[] {
  const links = [...proseOf(page).matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = ""]) => link);
  return links.filter((link) => !/^https?:/.test(link) && !leadsSomewhere(page, link));
}

function leadsSomewhere(page: Page, link: string): boolean {
  const [path = "", anchor] = link.split("#");
  const file = path === "" ? join(root, page.path) : join(root, dirname(page.path), path);
  if (!existsSync(file)) return false;
  if (anchor === undefined) return true;
  return [...readFileSync(file, "utf8").matchAll(/^#+ (.+)$/gm)].some(
    ([, text = ""]) => slug(text) === anchor,
  );
}

/** As GitHub makes it of a heading. */
const slug = (heading: string): string =>
  heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N} _-]/gu, "")
    .replaceAll(" ", "-");
