import { labelOf, parseFileName } from "../bundle/names.ts";
import type { PileMigration, Tool } from "../layouts/pile.ts";
import { baseOf, stemOf as stemOfPath } from "../layouts/pile_file.ts";
import { type Finding, finding } from "./findings.ts";
import { momentOfName } from "./name_dates.ts";
import { type Convention, keepsConvention, proposedMoments, slugOf, versionLabel } from "./proposed_names.ts";

/** A migration's name held against the convention. */
export interface Named {
  readonly migration: PileMigration;
  /** Its own moment, as its name has it; null where it has none. */
  readonly moment: string | null;
  /** What it should be called, without folder and ending; null where it is, or has no version to its tool. */
  readonly proposed: string | null;
}

/** Tools whose own names are ours. */
const HELD: ReadonlySet<Tool> = new Set(["plain", "paws-migrate"]);

/** How tools spell what they generate, where they read other names too. */
const OWN_SHAPES: Partial<Readonly<Record<Tool, { readonly shape: RegExp; readonly said: string }>>> = {
  supabase: { shape: /^\d{14}_/, said: "YYYYMMDDHHMMSS_name.sql" },
  dbmate: { shape: /^\d{14}_/, said: "YYYYMMDDHHMMSS_name.sql" },
  prisma: { shape: /^\d{14}_/, said: "YYYYMMDDHHMMSS_name/migration.sql" },
  diesel: { shape: /^\d{4}-\d\d-\d\d-\d{6}_/, said: "YYYY-MM-DD-HHMMSS_name/up.sql" },
};

/** The names of a pile's migrations, in its order. `base` is the moment of the first where no name has one. */
export function nameAll(
  migrations: readonly PileMigration[],
  convention: Convention,
  base: string,
): readonly Named[] {
  const versioned = migrations.filter(({ repeatable }) => !repeatable);
  const known = versioned.map(momentOf);
  const moments = proposedMoments(known, base);
  const named = versioned.map((migration, i): Named => {
    const proposed = `${versionLabel(moments[i] ?? base, convention)}_${slugOf(wordsOf(migration))}`;
    return {
      migration,
      moment: known[i] ?? null,
      proposed: proposed === stemOf(migration) ? null : proposed,
    };
  });
  const repeatable = migrations.filter((one) => one.repeatable);
  return [...named, ...repeatable.map((migration) => ({ migration, moment: null, proposed: null }))];
}

/** What is wrong with the names of a pile, or only to be known: other tools' names are held to their own rule. */
export function judgeNames(tool: Tool, named: readonly Named[], convention: Convention): readonly Finding[] {
  const versioned = named.filter(({ migration }) => !migration.repeatable);
  if (!HELD.has(tool)) return versioned.flatMap((one) => judgeOther(tool, one));
  const numbered = versioned.every(({ migration }) => /^\d{1,7}$/.test(labelOf(stemOf(migration)) ?? ""));
  const first = new Map<bigint, string>();
  return versioned.flatMap(({ migration, proposed }): readonly Finding[] => {
    const { path } = migration.up;
    const stem = stemOf(migration);
    const parsed = parseFileName(stem, path);
    if ("code" in parsed)
      return [finding("name-unusable", withName(parsed.message, proposed), { file: path })];
    const other = first.get(parsed.version);
    if (other !== undefined) {
      const message = withName(`${path} has the version of ${other}.`, proposed);
      return [finding("same-version", message, { file: path, related: [other] })];
    }
    first.set(parsed.version, path);
    if (keepsConvention(stem, convention) || proposed === null) return [];
    const said = convention === "plain" ? "YYYYMMDDHHMMSS_name" : "YYYYMMDD_HHMMSS_name";
    const code = numbered ? "name-numbered" : "name-convention";
    return [finding(code, withName(`${path} is not called ${said}.`, proposed), { file: path })];
  });
}

function judgeOther(tool: Tool, { migration, proposed }: Named): readonly Finding[] {
  const { path } = migration.up;
  const own = OWN_SHAPES[tool];
  const name = /^migration\.sql$|^up\.sql$/.test(baseOf(path)) ? folderOf(path) : baseOf(path);
  if (own !== undefined && !own.shape.test(name)) {
    const message = withName(`${path} is not called ${own.said}, as ${tool} does.`, proposed);
    return [finding("name-convention", message, { file: path })];
  }
  return proposed === null
    ? []
    : [finding("name-other-tool", withName(`${migration.id} keeps to ${tool}.`, proposed), { file: path })];
}

const withName = (message: string, proposed: string | null): string =>
  proposed === null ? message : `${message} By the convention: ${proposed}.`;

/** Where a migration's own words stand: its name, else what else its tool calls it. */
const wordsOf = ({ name, id }: PileMigration): string => (/\p{L}/u.test(name) ? name : id);

const momentOf = (migration: PileMigration): string | null =>
  momentOfName(baseOf(migration.up.path)) ??
  momentOfName(folderOf(migration.up.path)) ??
  momentOfName(migration.id);

const folderOf = (path: string): string => path.split("/").at(-2) ?? "";
const stemOf = ({ up }: PileMigration): string => stemOfPath(up.path);
