import { fault, MigrationFault } from "../errors.ts";
import { type Place, placeOf } from "./layout.ts";
import { dateOf, momentOf } from "./moment.ts";
import { createName, parseFileName } from "./names.ts";
import { TEMPLATES, type Template } from "./templates.ts";

/** A file that is yet to be written. */
export interface NewFile {
  /** From the bundle's root, with `/`. */
  readonly path: string;
  readonly text: string;
}

export interface Created {
  readonly version: bigint;
  readonly label: string;
  readonly name: string;
  /** Forward, rollback and verification. */
  readonly files: readonly [NewFile, NewFile, NewFile];
}

/**
 * A new migration for a bundle whose files are `paths`: beside its newest migration, with the scripts where
 * those of the newest are. Its version is `now` in UTC, or the second after the newest version where that is
 * not below. Throws a MigrationFault: `bad-name`, or `version-ahead` where no date is above the newest.
 */
export function createMigration(request: {
  readonly name: string;
  readonly template: Template;
  readonly now: Date;
  readonly paths: readonly string[];
}): Created {
  const name = createName(request.name);
  if (typeof name !== "string") throw new MigrationFault(name);
  const placed = request.paths.flatMap((path): readonly Versioned[] => {
    const place = placeOf(path);
    if (place === null) return [];
    const parsed = parseFileName(place.stem, path);
    return [{ ...place, version: "version" in parsed ? parsed.version : 0n }];
  });

  const newest = newestOf(placed, "up");
  const moment = momentAbove(newest?.version ?? 0n, request.now);
  const label = request.template === "story" ? `${moment.slice(0, 8)}_${moment.slice(8)}` : moment;
  const stem = `${label}_${name}`;
  const folder = newest?.folder ?? "";
  const path = `${inside(folder)}${stem}.sql`;
  const rollback_path = `${scriptFolder(placed, "rollback", folder)}${stem}_rollback.sql`;
  const verify_path = `${scriptFolder(placed, "verify", folder)}${stem}_verify.sql`;
  const texts = TEMPLATES[request.template]({
    description: request.name.normalize("NFC").trim(),
    label,
    name,
    date: `${moment.slice(0, 4)}-${moment.slice(4, 6)}-${moment.slice(6, 8)}`,
    rollback_path,
    verify_path,
  });
  return {
    version: BigInt(moment),
    label,
    name,
    files: [
      { path, text: texts.up },
      { path: rollback_path, text: texts.rollback },
      { path: verify_path, text: texts.verify },
    ],
  };
}

interface Versioned extends Place {
  /** 0 where the name has none. */
  readonly version: bigint;
}

const inside = (folder: string): string => (folder === "" ? "" : `${folder}/`);

const newestOf = (placed: readonly Versioned[], role: Place["role"]): Versioned | undefined =>
  placed
    .filter((file) => file.role === role)
    .reduce<Versioned | undefined>(
      (high, one) => (high && high.version >= one.version ? high : one),
      undefined,
    );

/** Beside the migration where the bundle has its scripts there, else at the root; a role without any goes with the other. */
function scriptFolder(placed: readonly Versioned[], role: "rollback" | "verify", folder: string): string {
  const like = newestOf(placed, role) ?? newestOf(placed, role === "rollback" ? "verify" : "rollback");
  return like === undefined || like.folder === "" ? `${role}/` : `${inside(folder)}${role}/`;
}

/** Two migrations made within one second, or a colleague's clock that is ahead, must not change the order. */
function momentAbove(newest: bigint, now: Date): string {
  const moment = momentOf(now);
  if (BigInt(moment) > newest) return moment;
  const last = dateOf(newest.toString());
  const next = last === null ? null : momentOf(new Date(last.getTime() + 1000));
  // Only dates of these two centuries are read as dates.
  if (next === null || !/^(?:19|20)/.test(next)) {
    throw new MigrationFault(fault("version-ahead", `No date is above the newest version, ${newest}.`));
  }
  return next;
}
