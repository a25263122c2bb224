import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type Fault, fault, MigrationFault } from "#engine/errors.ts";
import type { Answer, ServerError, Session } from "#engine/seam.ts";
import { advanceCodePoints, locate } from "#engine/sql/position.ts";
import { serverFields } from "#engine/step/script_fault.ts";
import { reason } from "./folder_walk.ts";

/** A file of rows that was loaded. */
export interface LoadedFile {
  readonly file: string;
  readonly rows: number;
}

/** Rows for development have no time limit of the job's own, but must not wait for locks for ever. */
const LIMITS = "SET lock_timeout = '10s'";
/** Undefined schema, table, column and function. */
const NOT_THERE = new Set(["3F000", "42P01", "42703", "42883"]);

/**
 * Loads every `*.sql` of `folder` in order of name, each in a transaction of its own; after an interrupt no further one.
 * Throws a MigrationFault.
 */
export async function loadSeed(
  session: Session,
  folder: string,
  interrupt: AbortSignal,
): Promise<readonly LoadedFile[]> {
  const loaded: LoadedFile[] = [];
  for (const name of seedFiles(folder)) {
    if (interrupt.aborted) throw new MigrationFault(stoppedAt(name, interrupt));
    const text = readFileSync(join(folder, name), "utf8");
    // One message is one transaction.
    const [, answer] = await session.send([{ text: LIMITS }, { text }]);
    loaded.push({ file: name, rows: rowsOf(answer, name, text) });
  }
  return loaded;
}

const stoppedAt = (file: string, { reason }: AbortSignal): Fault =>
  fault("interrupted", `${reason} came before ${file} was loaded.`, { remedy: "Run it again." });

function seedFiles(folder: string): readonly string[] {
  let names: readonly string[];
  try {
    names = readdirSync(folder).filter((name) => name.endsWith(".sql"));
  } catch (error) {
    const remedy = "Name the folder that holds the rows.";
    throw new MigrationFault(
      fault("no-such-folder", `${folder} cannot be read: ${reason(error)}.`, { remedy }),
    );
  }
  if (names.length === 0) {
    throw new MigrationFault(fault("no-such-folder", `${folder} holds no *.sql file.`));
  }
  return names.toSorted();
}

function rowsOf(answer: Answer | undefined, file: string, text: string): number {
  if (answer === undefined || answer.kind === "lost") {
    throw new MigrationFault(
      fault("connection-lost", `The connection was lost: ${answer?.reason ?? ""}.`, { file }),
    );
  }
  if (answer.kind === "error") {
    const { error } = answer;
    const place = error.position === null ? {} : locate(text, advanceCodePoints(text, 0, error.position - 1));
    throw new MigrationFault(
      fault("sql-error", error.message, { file, ...place, ...serverFields(error), ...remedyOf(error) }),
    );
  }
  return answer.results.reduce((sum, { tag, row_count }) => (tag === "INSERT" ? sum + row_count : sum), 0);
}

/** Rows that refuse a database say in their hint what to do: that is said once. */
function remedyOf({ sqlstate, hint }: ServerError): Partial<Fault> {
  if (NOT_THERE.has(sqlstate)) return { remedy: "Apply the migrations first." };
  return hint === null ? {} : { remedy: hint, hint: null };
}
