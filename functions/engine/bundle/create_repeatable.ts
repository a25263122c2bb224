import { MigrationFault } from "../errors.ts";
import type { NewFile } from "./create.ts";
import { placeOf, REPEATABLE } from "./layout.ts";
import { createName } from "./names.ts";

/**
 * The files of a new repeatable migration, forward and verification, for a bundle whose files are `paths`: beside the
 * last of those that it has, else below `repeatable/`. Throws `bad-name`.
 */
export function createRepeatable(request: {
  readonly name: string;
  readonly paths: readonly string[];
}): readonly [NewFile, NewFile] {
  const name = createName(request.name);
  if (typeof name !== "string") throw new MigrationFault(name);
  const last = request.paths
    .filter((path) => placeOf(path)?.role === "repeatable")
    .sort()
    .at(-1);
  const folder = last === undefined ? "repeatable/" : last.slice(0, last.lastIndexOf("/") + 1);
  const description = request.name.normalize("NFC").trim();
  return [
    { path: `${folder}${REPEATABLE}${name}.sql`, text: forward(description) },
    { path: `verify/${REPEATABLE}${name}_verify.sql`, text: verification(description) },
  ];
}

const forward = (description: string): string => `-- Repeatable migration: ${description}
-- Applied behind all versioned migrations, and again whenever this file has changed: write it to be repeated.

BEGIN;

-- Example:
-- CREATE OR REPLACE VIEW room_sizes AS SELECT id, capacity FROM rooms;

COMMIT;
`;

const verification = (description: string): string => `-- Verification for: ${description}

-- Add verification queries here; they only read. In a \`status\` column PASS passes and WARNING warns;
-- anything else fails, and then the view or function stays as it was before.

-- Example:
-- SELECT 'there are rooms' AS check_name, CASE WHEN count(*) > 0 THEN 'PASS' ELSE 'FAIL' END AS status
-- FROM room_sizes;
`;
