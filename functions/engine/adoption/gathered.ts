import type { Bundle } from "../bundle/bundle.ts";
import type { Fault } from "../errors.ts";
import type { Chosen } from "./choose.ts";
import type { AdoptedMigration } from "./match.ts";
import { dirty, saidList } from "./said.ts";
import type { Applied } from "./tool_history.ts";

/** Whether it is in a file that stands for all up to a later version, which is applied. */
export function isGathered(
  id: string,
  adopted: readonly AdoptedMigration[],
  { tool, called }: Chosen,
  { imported }: Bundle,
): boolean {
  if (tool.gathers === undefined || called !== tool.gathers || imported?.tool !== tool.gathers) return false;
  const isNumber = (text: string) => /^\d{1,30}$/.test(text);
  return (
    isNumber(id) && adopted.some(({ applied }) => isNumber(applied.id) && BigInt(applied.id) > BigInt(id))
  );
}

/** A file that stands for several of the other tool's migrations is applied when all of them are. */
export function partlyApplied(
  applied: readonly Applied[],
  adopted: readonly AdoptedMigration[],
  { tool, called }: Chosen,
  { imported }: Bundle,
): readonly Fault[] {
  if (tool.gathers === undefined || called !== tool.gathers || imported?.tool !== tool.gathers) return [];
  const there = new Set(applied.map(({ id }) => tool.key(id)));
  const taken = new Map(adopted.map(({ migration }) => [migration.version, migration.up.path]));
  const lacking = imported.migrations.filter(
    ({ version, id }) => version !== null && taken.has(version) && !there.has(tool.key(id)),
  );
  const [first] = lacking;
  if (first?.version == null) return [];
  const message = `${called} has applied some of what ${taken.get(first.version)} stands for, and not ${saidList(lacking.map(({ id }) => id))}.`;
  const remedy = `Bring the database up to it with ${called}, or make the bundle anew of the structure that this database has; then adopt again.`;
  return [dirty(message, remedy)];
}
