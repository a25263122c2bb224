import { FaultList } from "#engine/script/fault_list.ts";
import { lexScript } from "#engine/script/lexical_faults.ts";
import type { Script, ScriptFile, ScriptRole } from "#engine/script/script.ts";

/**
 * What stands in for `readScript` where a suite asks what happens at run time to a statement that the reading
 * would refuse: split, and nothing more.
 */
export function uncheckedScript(
  file: ScriptFile,
  role: ScriptRole,
): { readonly script: Script; readonly faults: readonly [] } {
  const { statements } = lexScript(file.text, new FaultList(file));
  const script: Script = {
    file,
    role,
    directives: {
      no_transaction: false,
      irreversible: null,
      lock_timeout_ms: null,
      statement_timeout_ms: null,
    },
    statements: statements.map(({ start, end }) => ({
      start,
      end,
      class: "dml",
      strong: false,
      replacement: null,
    })),
    settings_left: [],
    opaque: true,
    can_fail: true,
    units: [],
    warnings: [],
  };
  return { script, faults: [] };
}
