import { withFolder } from "#engine/audit/summary.ts";
import type { ErrorCode } from "#engine/error_codes.ts";
import { type Fault, MigrationFault } from "#engine/errors.ts";

/** Faults of names: where there is one there are often more, and each wants a name that fits the others'. */
const OF_NAMES: ReadonlySet<ErrorCode> = new Set([
  "no-version",
  "version-too-long",
  "version-zero",
  "impossible-date",
  "duplicate-version",
]);

/** The same with a hint at the first fault of a name: what shows all names, and what they should be. */
export function withNameHint(error: MigrationFault, folder: string): MigrationFault {
  const at = error.faults.findIndex(({ code }) => OF_NAMES.has(code));
  const { remedy: hint } = withFolder(
    { remedy: "`paws-migrate audit DIR` shows what each file should be called." },
    folder,
  );
  const [first, ...rest] = error.faults;
  const hinted = (fault: Fault, i: number): Fault => (i === at ? { ...fault, hint } : fault);
  return new MigrationFault(hinted(first, 0), ...rest.map((fault, i) => hinted(fault, i + 1)));
}
