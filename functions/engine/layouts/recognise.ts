import { fault, MigrationFault } from "../errors.ts";
import { LAYOUTS } from "./layouts.ts";
import { TOOLS, type Tool } from "./pile.ts";
import type { PileFile } from "./pile_file.ts";

/**
 * The tool that the files were written for: the one of which something speaks, or `plain` where nothing speaks of any.
 * Throws a MigrationFault: `layout-unknown`, or `layout-ambiguous` with what speaks of which.
 */
export function recognise(files: readonly PileFile[], root: string): Tool {
  const found = TOOLS.flatMap((tool) => {
    const evidence = LAYOUTS[tool].evidence(files, root);
    return evidence === null ? [] : [{ tool, evidence }];
  });
  const [first, ...others] = found;
  if (first === undefined) {
    if (files.some(({ sql }) => sql)) return "plain";
    throw new MigrationFault(
      fault("layout-unknown", "There is no SQL here, and nothing of a tool that is known."),
    );
  }
  if (others.length === 0) return first.tool;
  const said = found.map(({ tool, evidence }) => `${tool} (${evidence})`).join(", ");
  throw new MigrationFault(
    fault("layout-ambiguous", `This may be of ${found.length} tools: ${said}.`, {
      remedy: `Say which: ${found.map(({ tool }) => `--from ${tool}`).join(" or ")}; or name the folder of one of them.`,
    }),
  );
}
