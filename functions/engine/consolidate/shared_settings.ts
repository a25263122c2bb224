import type { Bundle } from "../bundle/bundle.ts";
import { type Fault, fault } from "../errors.ts";
import type { Filling } from "../placeholders/values.ts";
import { settingsBefore } from "../step/shared_session.ts";

/**
 * Where files share a session: settings that those behind the new migration would find changed, since others that stay
 * come before all of the chosen ones now. The proof ends with the new migration, and would not see it.
 */
export function sharedFaults(
  { before, after }: { readonly before: Bundle; readonly after: Bundle },
  version: bigint,
  path: string,
  filling: Filling | null,
): readonly Fault[] {
  if (before.options.session !== "shared") return [];
  const behind = before.migrations.find((one) => one.version > version)?.version ?? null;
  const [was, is] = [before, after].map((bundle) => {
    const settings = settingsBefore(bundle, filling)(behind);
    return new Map([...settings].map(([name, { sql }]) => [name, sql]));
  });
  const names = [...new Set([...(was?.keys() ?? []), ...(is?.keys() ?? [])])].sort();
  return names
    .filter((name) => was?.get(name) !== is?.get(name))
    .map((name) =>
      fault("cannot-consolidate", `Behind ${path}, ${name} would be set to something else than before.`, {
        file: path,
        remedy: "Choose what lies between, too; or set it in a migration behind these.",
      }),
    );
}
