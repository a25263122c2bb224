import type { Bundle } from "../bundle/bundle.ts";
import { fillPlaceholders } from "../placeholders/fill.ts";
import type { Filling } from "../placeholders/values.ts";
import { type LeftChange, type LeftSetting, leftSettings } from "../script/left_settings.ts";

/**
 * The settings in force in front of a version, by name: what the files of lower versions left, in their order; null for
 * behind them all, where a repeatable migration stands.
 */
export type SettingsBefore = (version: bigint | null) => ReadonlyMap<string, LeftSetting>;

/**
 * What one session that ran a bundle's files one after the other would have set by then. Each file is looked at once,
 * when it is asked for; `loadParser()` must have been awaited.
 */
export function settingsBefore(
  { migrations }: Pick<Bundle, "migrations">,
  filling: Filling | null,
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
      const changes =
        migration === undefined ? [] : leftSettings(fillPlaceholders(migration.up, filling).file);
      known.push(changes.length === 0 ? before : after(before, changes));
    }
    return known[count] ?? new Map();
  };
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
