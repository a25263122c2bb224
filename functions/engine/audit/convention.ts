import type { PileMigration } from "../layouts/pile.ts";
import { stemOf } from "../layouts/pile_file.ts";
import { type Convention, keepsConvention } from "./proposed_names.ts";

/**
 * How the pile's names are to be spelled: as the text of its bundle.json says; else with 14 digits where most are, and
 * as STORY-007 has it where not.
 */
export function conventionOf(options: string | null, migrations: readonly PileMigration[]): Convention {
  const said = options === null ? null : layoutIn(options);
  if (said !== null) return said;
  const stems = migrations.map(({ up }) => stemOf(up.path));
  const plain = stems.filter((stem) => keepsConvention(stem, "plain")).length;
  return plain * 2 > stems.length ? "plain" : "story";
}

function layoutIn(json: string): Convention | null {
  try {
    const options: unknown = JSON.parse(json);
    const layout =
      typeof options === "object" && options !== null && "layout" in options ? options.layout : null;
    return layout === "plain" || layout === "story" ? layout : null;
  } catch {
    // What is wrong with the file is said where it is read.
    return null;
  }
}
