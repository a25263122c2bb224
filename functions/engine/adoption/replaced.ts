import type { Bundle, Migration } from "../bundle/bundle.ts";
import type { Replaced } from "../bundle/consolidated.ts";
import { type Fault, fault } from "../errors.ts";
import type { Chosen } from "./choose.ts";
import { saidList } from "./said.ts";
import { numberKey, type Reading } from "./tool_history.ts";

/**
 * Why a history cannot be taken over into a bundle that has other migrations in the place of what it names: those have
 * to be adopted as they were, for nothing else knows whether all of them are applied.
 */
export function replacedFaults(
  reading: Reading,
  adopted: readonly { readonly migration: Migration }[],
  { called, tool }: Chosen,
  bundle: Bundle,
): readonly Fault[] {
  const { consolidated, imported } = bundle;
  const idsOf = ({ version, label }: Replaced): readonly string[] => {
    const known = (imported?.migrations ?? []).filter((one) => one.version === version);
    const numbers = tool.numbers ? [numberKey(label.replace("_", "")), String(version)] : [];
    return [...known.map(({ id }) => tool.key(id)), ...(known.length === 0 ? numbers : [])];
  };
  const applied = new Set(reading.applied.map(({ id }) => tool.key(id)));
  const last = reading.up_to?.id;
  const isApplied = (id: string): boolean =>
    applied.has(id) || (last !== undefined && (tool.reaches?.(id, last) ?? id === tool.key(last)));
  const met = consolidated
    .flatMap(({ version, replaces }) =>
      adopted.some(({ migration }) => migration.version === version)
        ? replaces
        : replaces.filter((one) => idsOf(one).some(isApplied)),
    )
    .map(({ label, name }) => `${label}_${name}`);
  if (met.length === 0) return [];
  const message = `${called} has applied what others stand for in the bundle ${bundle.options.name}: ${saidList(met)}.`;
  const remedy =
    "Adopt with the bundle as it was before they were consolidated, then record it: `paws-migrate consolidate --record`.";
  return [fault("adopt-unmatched", message, { remedy })];
}
