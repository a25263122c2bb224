import type { Migration } from "../bundle/bundle.ts";
import { type Fault, fault } from "../errors.ts";
import { fillPlaceholders } from "../placeholders/fill.ts";
import { placeIn } from "../placeholders/filled.ts";
import type { Filling } from "../placeholders/values.ts";

/**
 * A fault for each script that has placeholders in it: what is joined is SQL that was read, and with a value in it the
 * new file would be one target's alone.
 */
export const filledScripts = (migrations: readonly Migration[], filling: Filling | null): readonly Fault[] =>
  migrations.flatMap(({ up, rollback, verify }) =>
    [up, rollback, verify].flatMap((script) => {
      if (script === null) return [];
      const { file, faults } = fillPlaceholders(script, filling);
      const [place] = file.filled?.places ?? [];
      if (place === undefined) return faults;
      const message = `${script.path} has placeholders, and cannot be joined with others.`;
      return [fault("cannot-consolidate", message, { file: script.path, ...placeIn(file, place.at) })];
    }),
  );
