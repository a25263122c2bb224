import type { Bundle } from "../bundle/bundle.ts";
import { type Fault, fault, MigrationFault } from "../errors.ts";
import type { AdoptRequest } from "../request.ts";
import { type FoundTable, isHistoryOf, plainName } from "./found_table.ts";
import { SUPABASE } from "./supabase.ts";
import type { Adoptable, ToolHistory } from "./tool_history.ts";
import { TOOL_HISTORIES } from "./tools.ts";

/** A table and whose history it is. */
export interface Chosen {
  readonly table: FoundTable;
  readonly tool: ToolHistory;
  /** What the tool is called, where its table does not tell it from another. */
  readonly called: Adoptable;
  /** The table beside it, where it is there. */
  readonly beside: FoundTable | null;
}

/** Where Supabase's own services keep their histories, which are nobody's to adopt. */
const SERVICES = new Set(["auth", "realtime", "_realtime", "storage", "_analytics"]);

/** The one history that is to be adopted. Throws where there is none, more than one, or it cannot be read. */
export function chooseHistory(found: readonly FoundTable[], request: AdoptRequest, bundle: Bundle): Chosen {
  const { from, table: named } = request;
  const tools = TOOL_HISTORIES.filter((tool) => from === null || tool.tools.some((one) => one === from));
  const tables = found.filter(
    (table) => named === null || (table.schema === named.schema && table.name === named.name),
  );
  const histories = tables.flatMap((table) =>
    tools.filter((tool) => isHistoryOf(table, tool, named !== null)).map((tool) => ({ table, tool })),
  );
  const platform = histories.some(({ tool }) => tool === SUPABASE);
  const all = histories.filter(({ table }) => !platform || !SERVICES.has(table.schema));
  const [one, ...others] = all;
  if (one === undefined) throw new MigrationFault(nothing(request, tables));
  if (others.length > 0) throw new MigrationFault(ambiguous(all));
  const { table, tool } = one;
  const beside =
    found.find(({ schema, name }) => schema === table.schema && name === tool.beside?.table) ?? null;
  const [first, ...rest] = [table, ...(beside === null ? [] : [beside])].flatMap(unreadable);
  if (first !== undefined) throw new MigrationFault(first, ...rest);
  const imported = bundle.imported?.tool;
  const called = tool.tools.find((name) => name === from) ?? tool.tools.find((name) => name === imported);
  return { table, tool, beside, called: called ?? tool.tools[0] ?? "rails" };
}

function nothing({ from, table }: AdoptRequest, tables: readonly FoundTable[]): Fault {
  const whose = from === null ? "any tool that is known" : from;
  if (table !== null && tables.length > 0) {
    const columns = tables.flatMap((one) => Object.keys(one.columns)).join(", ");
    return fault("nothing-to-adopt", `${plainName(table)} is no history of ${whose}: it has (${columns}).`);
  }
  const where =
    table === null ? "The database has no history table" : `There is no table ${plainName(table)}`;
  return fault("nothing-to-adopt", `${where} of ${whose}.`);
}

function ambiguous(all: readonly Pick<Chosen, "table" | "tool">[]): Fault {
  const each = all.map(({ table, tool }) => `${plainName(table)} (${tool.tools.join(" or ")})`);
  return fault("adopt-ambiguous", `There is more than one history: ${each.join(", ")}.`);
}

function unreadable(table: FoundTable): readonly Fault[] {
  const { lacking, role } = table;
  if (lacking.length > 0) {
    const message = `The role ${role} lacks ${lacking.join(" and ")}.`;
    const remedy = `${lacking.map((what) => `GRANT ${what} TO ${role}`).join("; ")}; or run as another role.`;
    // insufficient_privilege: what the server would say.
    return [fault("lacking-privilege", message, { remedy, sqlstate: "42501" })];
  }
  if (!table.row_security) return [];
  const message = `Row-level security is on for ${plainName(table)}: rows of it may be hidden.`;
  return [
    fault("row-security", message, { remedy: "Run as its owner, or disable row-level security on it." }),
  ];
}
