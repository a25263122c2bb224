import { FaultList } from "#engine/script/fault_list.ts";
import { lexScript } from "#engine/script/lexical_faults.ts";
import type { Script, ScriptFile, ScriptRole } from "#engine/script/script.ts";
import { StatementTable } from "#engine/script/statement_table.ts";

/**
 * What stands in for `readScript` where a suite asks what happens at run time to a statement that the reading
 * would refuse: split, and nothing more.
 */
export function uncheckedScript(
  file: ScriptFile,
  role: ScriptRole,
): { readonly script: Script; readonly faults: readonly [] } {
  const { statements } = lexScript(file.text, new FaultList(file));
  const traits = { class: "dml", strong: false, replacement: null } as const;
  const script: Script = {
    file,
    role,
    directives: {
      no_transaction: false,
      irreversible: null,
      lock_timeout_ms: null,
      statement_timeout_ms: null,
    },
    statements: new StatementTable(
      statements,
      Array.from(statements, () => traits),
    ),
    settings_left: [],
    opaque: true,
    can_fail: true,
    units: [],
    warnings: [],
  };
  return { script, faults: [] };
}
