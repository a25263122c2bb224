import { type Fault, fault } from "../errors.ts";
import { leftSettings } from "../script/left_settings.ts";
import type { Script } from "../script/script.ts";

const left = (
  { file }: Script,
  names: readonly string[],
  message: string,
  remedy?: string,
): readonly Fault[] =>
  names.length === 0
    ? []
    : [
        fault("setting-left", `${file.path} leaves ${names.join(", ")} set${message}`, {
          file: file.path,
          ...(remedy === undefined ? {} : { remedy }),
        }),
      ];

const NOT_SEEN = "; it ends with the step, and the files behind it do not see it.";

/** Warns of settings that a script leaves behind and that do not reach the files behind it. */
export function settingsLeftWarnings(script: Script, session: "isolated" | "shared"): readonly Fault[] {
  const { settings_left, file, role } = script;
  // What a rollback sets is nobody's but its own.
  if (role === "rollback") return left(script, settings_left, "; it ends with the step.", "Use SET LOCAL.");
  if (session === "isolated" || settings_left.length === 0) return left(script, settings_left, NOT_SEEN);
  const set = leftSettings(file).flatMap((change) => (change.kind === "set" ? change.setting.name : []));
  const names = settings_left.filter((name) => !set.includes(name));
  return left(
    script,
    names,
    '; it ends with the step, although bundle.json says `"session": "shared"`.',
    "Use SET LOCAL. What sets it does so by more than constants, or it is one that the job keeps to itself.",
  );
}

/** The same of what only the server saw: a DO block or a function set it. */
export const settingsSeenWarnings = (
  script: Script,
  names: readonly string[],
  session: "isolated" | "shared",
): readonly Fault[] =>
  session === "isolated"
    ? left(script, names, NOT_SEEN)
    : left(
        script,
        names,
        "; it was not SET by a statement of the file, so the files behind it do not see it.",
        "Set it by SET, or by set_config() with constants, for the files behind it.",
      );
