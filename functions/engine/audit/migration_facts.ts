import type { PileMigration, PileScript } from "../layouts/pile.ts";
import { readDirectives, type ScriptOptions, type ScriptRole } from "../script/script.ts";
import { filledScript } from "./audited_options.ts";
import { type Finding, finding } from "./findings.ts";
import { refusedStatements } from "./refused_statements.ts";
import { type ScriptFacts, scriptFacts } from "./script_facts.ts";

/** A migration with what its scripts hold; facts are null of a script that is not there, or no SQL. */
export interface MigrationFacts {
  readonly migration: PileMigration;
  readonly up: ScriptFacts | null;
  readonly down: ScriptFacts | null;
  readonly verify: ScriptFacts | null;
  /** The file that checks it, which may be itself. */
  readonly verification: string | null;
  readonly findings: readonly Finding[];
}

/** Reads a migration's scripts. `unread` are paths of files that are no text. */
export function migrationFacts(
  migration: PileMigration,
  unread: ReadonlySet<string>,
  options: ScriptOptions,
): MigrationFacts {
  const found: Finding[] = [];
  const look = (script: PileScript | null, role: ScriptRole): ScriptFacts | null => {
    if (script === null || unread.has(script.path) || (migration.stand_in && role === "up")) return null;
    const said = role === "rollback" ? migration.down_transactional : migration.transactional;
    const facts = scriptFacts(filledScript(script, options), role);
    found.push(...facts.findings, ...refusedStatements(script, role, said === false, options));
    return facts;
  };
  const up = look(migration.up, "up");
  const down = look(migration.down, "rollback");
  const verify = look(migration.verify, "verify");
  const inside = up?.verifies === true ? migration.up.path : null;
  const verification = migration.verify?.path ?? inside;
  return {
    migration,
    up,
    down,
    verify,
    verification,
    findings: [...found, ...whatIsMissing(migration, down, verification)],
  };
}

/** Of what has no version there is nothing to go back to. */
function whatIsMissing(
  { up, down, repeatable }: PileMigration,
  facts: ScriptFacts | null,
  verification: string | null,
): readonly Finding[] {
  if (repeatable) return [];
  const { path } = up;
  // A file may hold several.
  const at = { file: path, line: up.line > 1 ? up.line : null };
  const found: Finding[] = [];
  if (down === null && !isIrreversible(up)) {
    found.push(finding("no-rollback", `${path} has no rollback.`, at));
  }
  if (down !== null && facts?.statements === 0) {
    found.push(finding("empty-rollback", `The rollback of ${path} has no statement.`, { file: down.path }));
  }
  if (verification === null) {
    found.push(finding("no-verification", `${path} has no verification.`, at));
  }
  return found;
}

const isIrreversible = ({ path, text }: PileScript): boolean =>
  readDirectives({ path, text }).directives.irreversible !== null;
