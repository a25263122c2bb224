import type { Fault } from "../errors.ts";
import type { ListedFile } from "../report_files.ts";
import { checksNothing } from "../run/prepare.ts";
import {
  loadParser,
  readScript,
  type ScriptFile,
  type ScriptOptions,
  type ScriptRole,
} from "../script/script.ts";
import type { Bundle } from "./bundle.ts";

/** What can be said of a bundle without a database. */
export interface CheckedBundle {
  /** Every script, a migration's together; an inline rollback is listed under its file's path. */
  readonly files: readonly ListedFile[];
  readonly warnings: readonly Fault[];
  readonly faults: readonly Fault[];
}

/** Parses every script of a bundle, the ones that a run would read and the others. */
export async function checkBundle(bundle: Bundle, options: ScriptOptions): Promise<CheckedBundle> {
  await loadParser();
  const files: ListedFile[] = [];
  const warnings: Fault[] = [...bundle.warnings];
  const faults: Fault[] = [];
  const check = (file: ScriptFile | null, role: ScriptRole, as: ListedFile["role"] = role): void => {
    if (file === null) return;
    const { script, faults: found } = readScript(file, role, options);
    files.push({ path: file.path, role: as, statements: script?.statements.length ?? null });
    faults.push(...found);
    if (script === null) return;
    warnings.push(...script.warnings);
    if (role === "verify" && !script.can_fail) warnings.push(checksNothing(script));
  };
  for (const migration of bundle.migrations) {
    check(migration.up, "up");
    check(migration.rollback, "rollback");
    check(migration.verify, "verify");
  }
  for (const { up, verify } of bundle.repeatables) {
    check(up, "up", "repeatable");
    check(verify, "verify");
  }
  return { files, warnings, faults };
}
