import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { holdsCertificates } from "../../cdk/ca_file.ts";
import type { DeployConfig } from "../../cdk/config.ts";
import { ConfigFault, readConfig } from "../../cdk/read_config.ts";

export const ROOT = resolve(import.meta.dirname, "../..");
export const EXAMPLES = ["create", "existing", "local"] as const;
export type Example = (typeof EXAMPLES)[number];

/** Sections of a configuration, which take the place of the example's. */
export type Sections = Readonly<Record<string, unknown>>;

export const rawExample = (example: Example): Record<string, unknown> =>
  JSON.parse(readFileSync(join(ROOT, `deploy/example-${example}.json`), "utf8"));

export const exampleConfig = (example: Example, sections: Sections = {}): DeployConfig =>
  readConfig({ ...rawExample(example), ...sections }, `example-${example}`, (file) =>
    holdsCertificates(resolve(ROOT, file)),
  );

/** Every fault of an example in which a section says other things; none where it is taken. */
export const sectionFaults = (example: Example, section: string, given: object): readonly string[] => {
  try {
    exampleConfig(example, { [section]: { ...(rawExample(example)[section] as object), ...given } });
    return [];
  } catch (error) {
    if (error instanceof ConfigFault) return error.faults;
    throw error;
  }
};
