import { type Fault, fault } from "../errors.ts";
import { readDirectives } from "../script/directives.ts";
import { inlineRollback } from "../script/inline_down.ts";
import type { Directives, ScriptFile } from "../script/script.ts";
import type { Migration, SourceFile } from "./bundle.ts";
import { readHeader } from "./header.ts";
import { listedFile, type ManifestFile } from "./manifest.ts";
import type { VersionedName } from "./names.ts";
import { readSource } from "./source.ts";
import { decode, inlineScriptFile, scriptFile } from "./text.ts";

/** A file whose bytes are text, with its directives. */
export interface OpenedScript {
  readonly file: ScriptFile;
  readonly directives: Directives;
  readonly listed: ManifestFile;
}

/** Reads a script's bytes and directives; `script` is null where the bytes are no text. */
export function openScript(source: SourceFile): {
  readonly script: OpenedScript | null;
  readonly faults: readonly Fault[];
} {
  const read = readSource(source);
  const { text, faults } = decode(read);
  if (text === null) return { script: null, faults };
  const file = scriptFile(read, text);
  const { directives, faults: wrong } = readDirectives(file);
  return { script: { file, directives, listed: listedFile(read, file.checksum_raw) }, faults: wrong };
}

/**
 * Puts a migration together from the scripts that were found for it. Without a rollback file, the block
 * after MIGRATION DOWN in the forward file is the rollback; with one, such a block draws `two-rollbacks`.
 */
export function assemble(
  { version, label, name }: VersionedName,
  up: OpenedScript,
  rollback: ScriptFile | null,
  verify: ScriptFile | null,
): { readonly migration: Migration; readonly faults: readonly Fault[]; readonly warnings: readonly Fault[] } {
  const { path, text } = up.file;
  const block = inlineRollback(path, text);
  const inline = rollback === null && block !== null ? inlineScriptFile(path, block) : null;
  const warnings =
    rollback !== null && block !== null
      ? [
          fault("two-rollbacks", `${path} has a rollback inside, but ${rollback.path} is used.`, {
            file: path,
          }),
        ]
      : [];
  const migration: Migration = {
    version,
    label,
    name,
    up: up.file,
    rollback: rollback ?? inline,
    rollback_inline: inline !== null,
    verify,
    directives: up.directives,
    header: readHeader(text),
  };
  return { migration, faults: inline === null ? [] : readDirectives(inline).faults, warnings };
}
