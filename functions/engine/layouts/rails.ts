import { lex } from "../sql/lex.ts";
import { firstFile, type Layout } from "./layout.ts";
import { atLine } from "./layout_faults.ts";
import { linesOf, takeOff } from "./marked_lines.ts";
import { numberedName } from "./numbered_name.ts";
import type { PileMigration, Reading } from "./pile.ts";
import { byNumber, type PileFile } from "./pile_file.ts";
import { forwardOnly } from "./script_parts.ts";

const FILE = "structure.sql";
const TABLE = String.raw`(?:"?public"?\.)?"?schema_migrations"?`;
const ROWS = new RegExp(`^INSERT\\s+INTO\\s+${TABLE}\\s`, "i");
/** Rails' own table of what it has run, which would stand where ours is. */
const OWN = new RegExp(
  `^(?:${ROWS.source.slice(1)}|CREATE\\s+TABLE\\s+(?:IF\\s+NOT\\s+EXISTS\\s+)?${TABLE}\\s|ALTER\\s+TABLE\\s+(?:ONLY\\s+)?${TABLE}\\s|COMMENT\\s+ON\\s+TABLE\\s+${TABLE}\\s|CREATE\\s+UNIQUE\\s+INDEX\\s+\\S+\\s+ON\\s+${TABLE}\\s)`,
  "i",
);

/**
 * `db/structure.sql`, which pg_dump wrote and at whose end Rails lists the versions it stands for: one migration, with
 * the newest of them as its id. (Rails guides, "Active Record migrations": schema dumping.)
 */
export const rails: Layout = {
  evidence: (files) =>
    firstFile(
      files,
      "ends with the versions that Rails lists",
      ({ base, text }) => base === FILE && /INSERT\s+INTO\s+\S*schema_migrations/i.test(text),
    ) ?? firstFile(files, "is a migration of Rails", isRuby),
  read,
};

const isRuby = ({ path }: PileFile): boolean => /(?:^|\/)db\/migrate\/\d+_[^/]*\.rb$/.test(path);

function read(files: readonly PileFile[]): Reading {
  const structures = files.filter(({ base }) => base === FILE);
  const [first, ...others] = structures;
  const programs = files.filter(isRuby);
  if (first === undefined) {
    return {
      migrations: [],
      left: [],
      untranslated: [],
      faults: programs.slice(0, 1).map(({ path }) =>
        atLine(
          "layout-incomplete",
          path,
          1,
          "The migrations are in Ruby, and db/structure.sql is not there.",
          {
            remedy: "Set config.active_record.schema_format = :sql, and let Rails dump the structure.",
          },
        ),
      ),
    };
  }
  const { migration, versions } = readStructure(first);
  const versionOf = ({ base }: PileFile) => numberedName(base)?.digits ?? "";
  const listed = programs.filter((file) => versions.has(versionOf(file)));
  const missing = programs.filter((file) => !versions.has(versionOf(file)));
  return {
    migrations: [migration],
    left: [
      ...listed.map(({ path }) => ({ path, why: `${first.path} holds what it did` })),
      ...files
        .filter(({ sql, base }) => sql && base !== FILE)
        .map(({ path }) => ({ path, why: "not the dump of the structure" })),
    ],
    untranslated: missing.map(({ path }) =>
      atLine("untranslated-migration", path, 1, `${path} is in Ruby, and ${first.path} does not list it.`, {
        remedy: "Run it, and let Rails dump the structure again.",
      }),
    ),
    faults: [
      ...others.map(({ path }) =>
        atLine("layout-duplicate", path, 1, `${first.path} and ${path} are both the structure.`, {
          remedy: "Take over one database at a time: name its folder.",
        }),
      ),
      ...(versions.size === 0
        ? [
            atLine(
              "layout-incomplete",
              first.path,
              1,
              `${first.path} does not list the versions it stands for.`,
            ),
          ]
        : []),
    ],
  };
}

function readStructure({ path, text }: PileFile): {
  readonly migration: PileMigration;
  readonly versions: ReadonlySet<string>;
} {
  const own: { readonly start: number; readonly end: number }[] = [];
  const versions = new Set<string>();
  for (const { start, end } of lex(text).statements) {
    const statement = text.slice(start, end);
    if (!OWN.test(statement)) continue;
    own.push({ start, end: text[end] === ";" ? end + 1 : end });
    if (!ROWS.test(statement)) continue;
    for (const [, version = ""] of statement.matchAll(/'(\d+)'/g)) versions.add(version);
  }
  const ordered = [...versions].toSorted(byNumber);
  const newest = ordered.at(-1) ?? "0";
  const lines = linesOf(text);
  const lineOf = (offset: number) => lines.findLast((line) => line.start <= offset)?.number ?? 1;
  return {
    versions,
    migration: {
      ...forwardOnly(newest, "structure", { path, line: 1, text: takeOff(text, own) }),
      also: ordered.slice(0, -1),
      notes: own.map(
        ({ start, end }) =>
          `Lines ${lineOf(start)} to ${lineOf(end - 1)} of ${path} are left to Rails: its own table of versions.`,
      ),
    },
  };
}
