import type { Bundle } from "../bundle/bundle.ts";
import type { Fault } from "../errors.ts";
import { fillPlaceholders } from "../placeholders/fill.ts";
import type { Filling } from "../placeholders/values.ts";
import { type LeftChange, type LeftSetting, leftSettings } from "../script/left_settings.ts";
import type { ScriptFile } from "../script/script.ts";

/**
 * The settings in force in front of a version, by name: what the files of lower versions left, in their order; null for
 * behind them all, where a repeatable migration stands.
 */
export type SettingsBefore = (version: bigint | null) => ReadonlyMap<string, LeftSetting>;

/**
 * What one session that ran a bundle's files one after the other would have set by then. Each file is looked at once,
 * when it is asked for; `loadParser()` must have been awaited. `refuse` is told of placeholders without which it cannot
 * be known what a file sets: one that is applied is not read for anything else.
 */
export function settingsBefore(
  { migrations }: Pick<Bundle, "migrations">,
  filling: Filling | null,
  refuse: (faults: readonly Fault[]) => void = () => {},
): SettingsBefore {
  const places = new Map(migrations.map((migration, i) => [migration.version, i]));
  const countBelow = (version: bigint): number => {
    const at = places.get(version) ?? migrations.findIndex((migration) => migration.version > version);
    return at === -1 ? migrations.length : at;
  };
  const known: ReadonlyMap<string, LeftSetting>[] = [new Map()];
  return (version) => {
    const count = version === null ? migrations.length : countBelow(version);
    for (let next = known.length; next <= count; next++) {
      const before = known[next - 1] ?? new Map();
      const migration = migrations[next - 1];
      const changes = migration === undefined ? [] : changesOf(migration.up, filling, refuse);
      known.push(changes.length === 0 ? before : after(before, changes));
    }
    return known[count] ?? new Map();
  };
}

function changesOf(
  file: ScriptFile,
  filling: Filling | null,
  refuse: (faults: readonly Fault[]) => void,
): readonly LeftChange[] {
  const filled = fillPlaceholders(file, filling);
  if (filled.faults.length === 0 || filling === null) return leftSettings(filled.file);
  const likely = fillPlaceholders(file, { ...filling, missing: "stand-in" });
  const changes = leftSettings(likely.file);
  if (changes.length > 0 || likely.faults.length > 0) refuse(filled.faults);
  return changes;
}

function after(
  before: ReadonlyMap<string, LeftSetting>,
  changes: readonly LeftChange[],
): ReadonlyMap<string, LeftSetting> {
  const now = new Map(before);
  for (const change of changes) {
    if (change.kind === "set") now.set(change.setting.name, change.setting);
    else if (change.name === "*") now.clear();
    else now.delete(change.name);
  }
  return now;
}
