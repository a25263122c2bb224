import { CONSOLIDATED_FILE } from "../bundle/consolidated.ts";
import { findScripts } from "../bundle/find_scripts.ts";
import { readForwards } from "../bundle/forwards.ts";
import { matchesGlob } from "../bundle/glob.ts";
import { IMPORTED_FILE } from "../bundle/imported.ts";
import { OPTIONS_FILE, type Place, placeOf } from "../bundle/layout.ts";
import { labelOf } from "../bundle/names.ts";
import { readOptions } from "../bundle/options.ts";
import { asForward, readRepeatables } from "../bundle/repeatables.ts";
import { NO_TRANSACTION } from "../script/directives.ts";
import { inlineRollback } from "../script/inline_down.ts";
import { firstFile, type Layout } from "./layout.ts";
import type { PileMigration, PileScript, Reading } from "./pile.ts";
import { byText, type PileFile, stemOf } from "./pile_file.ts";
import { forwardOnly, wholeFile } from "./script_parts.ts";

const OURS = /--[ \t]*migrate:[ \t]*(?:no-transaction|irreversible|lock-timeout|statement-timeout)/i;
const SCRIPT = /_(?:rollback|verify)$/i;

/** Our own layout, also where some of it does not follow the convention. */
export const pawsMigrate: Layout = {
  evidence: (files) =>
    firstFile(files, "is of this tool", ({ path }) => path === OPTIONS_FILE || path === IMPORTED_FILE) ??
    firstFile(files, "has a directive of this tool", ({ sql, text }) => sql && OURS.test(text)) ??
    (files.some(isBeside)
      ? null
      : firstFile(files, "is named as a script of this tool", ({ path }) => {
          const place = placeOf(path);
          return place !== null && place.role !== "up" && SCRIPT.test(place.stem);
        })) ??
    repeatableEvidence(files),
  read,
};

/** Lines that another tool obeys. */
const OTHERS = /^[ \t]*--[ \t]*(?:liquibase[ \t]+formatted|\+goose|migrate:(?:up|down))\b/im;

/** Flyway has repeatable ones too, and puts a letter before its numbers. */
function repeatableEvidence(files: readonly PileFile[]): string | null {
  const sql = files.filter((file) => file.sql);
  const numbered = sql.some(({ path }) => labelOf(stemOf(path)) !== null);
  const others = (file: PileFile) => isBeside(file) || /^V\d/.test(file.base) || OTHERS.test(file.text);
  if (!numbered || sql.some(others)) return null;
  return firstFile(
    sql,
    "is where this tool has what is repeatable",
    ({ path }) => placeOf(path)?.role === "repeatable",
  );
}

/** A rollback beside its migration, which is nobody's here. */
const isBeside = ({ path }: PileFile): boolean => {
  const place = placeOf(path);
  return place?.role === "up" && /[._](?:rollback|down|undo|revert|verify)$/i.test(place.stem);
};

function read(files: readonly PileFile[]): Reading {
  const options = files.find(({ path }) => path === OPTIONS_FILE);
  const { ignore } = readOptions(options && sourceOf(options), "").options;
  const ignored = files.filter(({ path }) => ignore.some((pattern) => matchesGlob(pattern, path)));
  const placed = files.flatMap((file) => {
    const place = ignored.includes(file) ? null : placeOf(file.path);
    return place === null ? [] : [{ ...place, path: file.path, file }];
  });
  const ofRole = (role: Place["role"]) => placed.filter((one) => one.role === role);
  const forwards = readForwards(ofRole("up"));
  const rollbacks = findScripts("rollback", ofRole("rollback"), forwards.files);
  const repeated = readRepeatables(ofRole("repeatable"));
  const verifies = findScripts("verify", ofRole("verify"), [
    ...forwards.files,
    ...repeated.files.map(asForward),
  ]);
  const scriptOf = (found: typeof rollbacks, path: string): PileScript | null => {
    const one = found.scripts.get(path);
    return one === undefined ? null : wholeFile(one.file);
  };
  const versioned = forwards.files.filter(({ version }) => version !== null);
  const nameless = forwards.files.filter(({ version }) => version === null);
  const migrations = versioned.map((forward): PileMigration => {
    const { text } = forward.file;
    return {
      ...forwardOnly(String(forward.version), forward.name, wholeFile(forward.file)),
      down: scriptOf(rollbacks, forward.path) ?? inlineDown(forward.file),
      verify: scriptOf(verifies, forward.path),
      transactional: NO_TRANSACTION.test(text) ? false : null,
    };
  });
  const known = new Set(placed.map(({ path }) => path));
  const repeatables = repeated.files.map(
    ({ name, path, file }): PileMigration => ({
      ...forwardOnly(name, name, wholeFile(file)),
      verify: scriptOf(verifies, path),
      repeatable: true,
    }),
  );
  return {
    migrations: [...migrations, ...repeatables],
    left: [
      ...nameless.map(({ path }) => ({ path, why: "its name has no version" })),
      ...[...rollbacks.left_alone, ...verifies.left_alone].map(({ path }) => ({
        path,
        why: "its name does not begin with a version",
      })),
      ...files
        .filter((file) => file.sql && !known.has(file.path) && !ignored.includes(file))
        .map(({ path }) => ({ path, why: "rows, no migration" })),
      ...ignored.filter(({ sql }) => sql).map(({ path }) => ({ path, why: `${OPTIONS_FILE} leaves it out` })),
      ...files.flatMap(({ path }) => ROOT_FILES.filter((one) => one.path === path)),
    ].sort((a, b) => byText(a.path, b.path)),
    untranslated: [],
    faults: [...forwards.faults, ...repeated.faults, ...rollbacks.faults, ...verifies.faults],
  };
}

/** What a bundle says beside its SQL: told, since nothing of it comes along. */
const ROOT_FILES = [
  { path: OPTIONS_FILE, why: "the bundle's options: copy it, and look whether they still fit" },
  {
    path: IMPORTED_FILE,
    why: "what another tool called the migrations: the new one says what this bundle did",
  },
  { path: CONSOLIDATED_FILE, why: "which migrations were made one: copy it where the versions stay" },
];

const sourceOf = ({ path, text }: PileFile) => ({ path, bytes: new TextEncoder().encode(text) });

/** The commented block after MIGRATION DOWN, in a text that is blank elsewhere. */
function inlineDown({ path, text }: PileFile): PileScript | null {
  const block = inlineRollback(path, text);
  return block === null ? null : { path, line: 1, text: block };
}
