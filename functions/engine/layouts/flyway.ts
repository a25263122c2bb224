import { flywaySettings } from "./flyway_settings.ts";
import { firstFile, type Layout } from "./layout.ts";
import { atLine, duplicates, notSql, withoutForward } from "./layout_faults.ts";
import type { PileMigration, Reading } from "./pile.ts";
import { byNumber, byText, type PileFile } from "./pile_file.ts";
import { forwardOnly, standIn, wholeFile } from "./script_parts.ts";
import { isSet, otherSettings } from "./settings_file.ts";

const NAME = /^(V|U|B|R)([0-9]+(?:[._][0-9]+)*)?__(.*)\.(sql|java|kt|class|js|py|ps1|sh|cmd|bat)$/;
const CALLBACK = /^(?:before|after)[A-Z]\w*(?:__.*)?\.sql$/;
const CONF = ".sql.conf";
const IN_TRANSACTION = "executeInTransaction";

interface Named {
  readonly path: string;
  readonly file: PileFile;
  readonly kind: "V" | "U" | "B" | "R";
  /** As the history spells it: with dots. */
  readonly version: string;
  readonly name: string;
}

/**
 * `V1.2__name.sql`, `U1.2__name.sql` and `R__name.sql`. Versions are compared number by number, a missing one counting as 0; repeatable ones
 * come last, by description. (Flyway, "Migrations: naming" and "Script configuration".)
 */
export const flyway: Layout = {
  evidence: (files) => {
    const named = firstFile(files, "is named as Flyway wants it", ({ base }) => {
      const [, kind, version] = NAME.exec(base) ?? [];
      return kind !== undefined && kind !== "R" && version !== undefined;
    });
    if (named !== null) return named;
    // `R__` alone may stand among files of another kind.
    const numbered = files.some(({ base, sql }) => sql && /^\d/.test(base));
    return numbered
      ? null
      : firstFile(files, "is named as Flyway wants it", ({ base }) => isRepeatable(base));
  },
  read,
};

const isRepeatable = (base: string): boolean => /^R__.+\.sql$/.test(base);

function read(files: readonly PileFile[]): Reading {
  const named = files.flatMap((file): readonly Named[] => {
    const [, kind, version = "", name = ""] = NAME.exec(file.base) ?? [];
    if (kind === undefined || (kind === "R") !== (version === "")) return [];
    return [
      { path: file.path, file, kind: kind as Named["kind"], version: version.replaceAll("_", "."), name },
    ];
  });
  const ofKind = (kind: Named["kind"]) => named.filter((one) => one.kind === kind);
  const versioned = ofKind("V").toSorted((a, b) => byVersion(a.version, b.version));
  const repeatable = ofKind("R").toSorted((a, b) => byText(a.name, b.name));
  const undos = new Map(ofKind("U").map((one) => [keyOf(one), one]));
  const confs = new Map(files.filter(({ base }) => base.endsWith(CONF)).map((file) => [file.path, file]));

  const migrations = [...versioned, ...repeatable].map((one): PileMigration => {
    const undo = one.kind === "V" ? undos.get(keyOf(one)) : undefined;
    if (undo !== undefined) undos.delete(keyOf(one));
    return {
      ...(one.file.sql
        ? forwardOnly(one.version, one.name, wholeFile(one.file))
        : standIn(one.version, one.name, one.path)),
      // Of one without a version the history knows the description.
      id: one.kind === "R" ? describe(one.name) : one.version,
      down: undo?.file.sql === true ? wholeFile(undo.file) : null,
      repeatable: one.kind === "R",
      transactional: isSet(confs.get(`${one.path}.conf`), IN_TRANSACTION),
      down_transactional: isSet(confs.get(`${undo?.path}.conf`), IN_TRANSACTION),
    };
  });
  return {
    migrations,
    left: [
      ...ofKind("B").map(({ path }) => ({
        path,
        why: "a baseline, which Flyway runs on new databases in the place of what it sums up",
      })),
      ...files.filter((file) => file.sql && !NAME.test(file.base)).map(whyLeft),
    ],
    untranslated: [
      ...flywaySettings(files),
      ...named.filter(({ file }) => !file.sql).map(notSql),
      ...[...confs.values()].flatMap((conf) => otherSettings(conf, IN_TRANSACTION)),
    ],
    faults: [
      ...duplicates("Flyway", versioned, (one) => `version ${keyOf(one)}`),
      ...duplicates("Flyway", ofKind("U"), (one) => `the undo of ${keyOf(one)}`),
      ...duplicates("Flyway", repeatable, (one) => `repeatable ${JSON.stringify(describe(one.name))}`),
      ...[...undos.values()].map(({ path }) => withoutForward(path, "an undo script")),
      ...files
        .filter(misnamed)
        .map(({ path }) =>
          atLine(
            "layout-bad-name",
            path,
            1,
            `${path} is not named as Flyway wants it: V1.2__name.sql, R__name.sql.`,
          ),
        ),
    ],
  };
}

/** Flyway passes such files over, which is seldom what was meant. */
const misnamed = ({ base, sql }: PileFile): boolean => sql && /^[VU]\d/.test(base) && !NAME.test(base);

const whyLeft = ({ path, base }: PileFile) => ({
  path,
  why: CALLBACK.test(base)
    ? "a callback of Flyway, which runs with every migration"
    : "not named as a migration of Flyway",
});

const describe = (name: string): string => name.replaceAll("_", " ");

const partsOf = (version: string): readonly string[] => version.split(".");

function byVersion(a: string, b: string): number {
  const [left, right] = [partsOf(a), partsOf(b)];
  for (let i = 0; i < Math.max(left.length, right.length); i++) {
    const order = byNumber(left[i] ?? "0", right[i] ?? "0");
    if (order !== 0) return order;
  }
  return 0;
}

/** Equal for versions that Flyway takes for one: `1`, `1.0` and `01`. */
const keyOf = ({ version }: Named): string =>
  partsOf(version)
    .map((part) => part.replace(/^0+(?=\d)/, ""))
    .join(".")
    .replace(/(?:\.0)+$/, "");
