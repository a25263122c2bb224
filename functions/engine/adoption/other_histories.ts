import { type Fault, fault } from "../errors.ts";
import type { Result } from "../seam.ts";
import { isHistoryOf, plainName, toFoundTables } from "./found_table.ts";
import { TOOL_HISTORIES } from "./tools.ts";

/** A warning where other tools have kept histories, which say more than a single version does. */
export function otherHistories(found: Result | undefined): readonly Fault[] {
  const named = toFoundTables(found).flatMap((table) => {
    const tool = TOOL_HISTORIES.find((one) => isHistoryOf(table, one, false));
    return tool === undefined ? [] : [`${plainName(table)} (${tool.tools.join(" or ")})`];
  });
  if (named.length === 0) return [];
  return [fault("another-history", `Another tool has kept a history here: ${named.join(", ")}.`)];
}
