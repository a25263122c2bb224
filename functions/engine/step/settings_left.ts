import { type Fault, fault } from "../errors.ts";
import type { Script } from "../script/script.ts";

/** Warns of settings that a script leaves behind: they do not reach the next file. */
export function settingsLeftWarnings({ file }: Script, names: readonly string[]): readonly Fault[] {
  if (names.length === 0) return [];
  const message = `${file.path} leaves ${names.join(", ")} set; it ends with the step.`;
  return [fault("setting-left", message, { file: file.path })];
}
