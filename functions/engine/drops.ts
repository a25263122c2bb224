import type { AnyMigration } from "./bundle/bundle.ts";
import { codeOnly } from "./layouts/code_only.ts";

/** Not of a column's NULL or default alone: these take nothing along. */
const DROP = /\bdrop\b(?!\s+(?:not\s+null|default)\b)/i;

/**
 * Whether a migration's script drops anything, and so may take along what others have made: by its text, for what a DO
 * block or a string drops is in no tree.
 */
export const drops = ({ up: { text } }: Pick<AnyMigration, "up">): boolean =>
  DROP.test(text) && DROP.test(codeOnly(text, "keep"));
