import type { BundleOptions } from "../bundle/bundle.ts";
import type { PileScript } from "../layouts/pile.ts";
import { fillPlaceholders } from "../placeholders/fill.ts";
import type { Filling } from "../placeholders/values.ts";
import type { ScriptFile, ScriptOptions } from "../script/script.ts";

/** A run of which nothing is known but what `bundle.json` says: the history is where it is by default. */
export const auditedOptions = ({
  allow,
  placeholders,
}: Pick<BundleOptions, "allow" | "placeholders">): ScriptOptions => ({
  allow,
  history_schema: "public",
  under_role: false,
  placeholders: placeholders === null ? null : standIns(placeholders),
});

/** Every placeholder has a value, a raw one its own name: most stand where a name does. */
const standIns = (declared: Filling["declared"]): Filling => ({
  declared: new Map(
    [...declared].map(([name, one]) => [
      name,
      { ...one, default: one.default ?? (one.kind === "raw" ? name : null) },
    ]),
  ),
  given: new Map(),
  missing: "stand-in",
});

export const asScriptFile = ({ path, text }: PileScript): ScriptFile => ({
  path,
  text,
  checksum: "",
  checksum_raw: "",
});

/** A script as the server would be given it, line by line; as it is where a placeholder is at fault. */
export const filledScript = (script: PileScript, { placeholders }: ScriptOptions): PileScript => ({
  ...script,
  text: fillPlaceholders(asScriptFile(script), placeholders).file.text,
});
