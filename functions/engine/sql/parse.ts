import { advanceCodePoints } from "./position.ts";
import type { Tree } from "./tree.ts";

/** One statement's parse tree: its node type (`CreateStmt`) and that node's fields; or why there is none. */
export type Parsed =
  | { readonly kind: "statement"; readonly type: string; readonly tree: Tree }
  | {
      readonly kind: "error";
      readonly code: "syntax-error" | "statement-too-deep" | "split-disagreement";
      readonly message: string;
      /** UTF-16 offset into the statement. */
      readonly offset: number;
    };

type Library = typeof import("libpg-query");
let library: Library | null = null;

/** Loads the parser (PostgreSQL 18's own, as WASM). Await it once before `parseStatement`; later calls are free. */
export async function loadParser(): Promise<void> {
  if (library !== null) return;
  const loaded = await import("libpg-query");
  await loaded.loadModule();
  library = loaded;
}

/**
 * Parses what the lexer took for one statement, without its `;`. Anything but exactly one statement is an
 * error: lexer and parser must agree. The text holds no NUL, which would hide what follows it.
 */
export function parseStatement(sql: string): Parsed {
  if (library === null) throw new Error("loadParser() was not awaited");
  const run = sql.length > LONGEST_RUN ? sql.search(ENDLESS_RUN) : -1;
  if (run >= 0) return { kind: "error", code: "statement-too-deep", message: RUN_MESSAGE, offset: run };
  try {
    const { stmts } = library.parseSync(sql);
    const entries = Object.entries(stmts?.[0]?.stmt ?? {});
    const [only] = entries;
    if (stmts?.length !== 1 || entries.length !== 1 || only === undefined) {
      const message = `the parser sees ${stmts?.length ?? 0} statements where one was split off`;
      return { kind: "error", code: "split-disagreement", message, offset: 0 };
    }
    return { kind: "statement", type: only[0], tree: only[1] as Tree };
  } catch (error) {
    return parseFailure(library, sql, error);
  }
}

/**
 * PostgreSQL reads such a run anew at each comment that opens in it: a hundred thousand of them take a minute,
 * here and in the server, which cannot be cancelled meanwhile.
 */
const LONGEST_RUN = 10_000;
const ENDLESS_RUN = new RegExp(`[-~!@#^&|\`?+*/%<>=]{${LONGEST_RUN}}`);
const RUN_MESSAGE = "comments or operators nest too deeply";

function parseFailure(parser: Library, sql: string, error: unknown): Parsed {
  if (parser.hasSqlDetails(error)) {
    const { message, cursorPosition } = error.sqlDetails ?? { message: error.message, cursorPosition: 0 };
    const code = /memory exhausted|stack depth/.test(message) ? "statement-too-deep" : "syntax-error";
    return { kind: "error", code, message, offset: advanceCodePoints(sql, 0, cursorPosition) };
  }
  // Where the nesting ends the stack differs: JavaScript's, or that of the WASM machine.
  if (error instanceof RangeError || (error instanceof Error && error.name === "RuntimeError")) {
    return {
      kind: "error",
      code: "statement-too-deep",
      message: "the statement nests too deeply",
      offset: 0,
    };
  }
  throw error;
}
