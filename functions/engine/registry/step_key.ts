/** What events know a migration by: its version, and a repeatable one by its name. No version begins with a letter. */
export const stepKey = ({
  version,
  name,
}: {
  readonly version: bigint | string | null;
  readonly name: string;
}): string => (version === null ? `R__${name}` : String(version));

/** The same of a row of the events. */
export const KEY_OF_EVENT = "coalesce(version::pg_catalog.text, pg_catalog.concat('R__', name))";
