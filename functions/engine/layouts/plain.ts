import { labelOf } from "../bundle/names.ts";
import type { Layout } from "./layout.ts";
import { duplicates, withoutForward } from "./layout_faults.ts";
import type { PileMigration, Reading } from "./pile.ts";
import { byNumber, byText, lastFolder, type PileFile } from "./pile_file.ts";
import { forwardOnly, wholeFile } from "./script_parts.ts";

type Role = "up" | "down" | "verify" | "seed";

const FOLDERS: Readonly<Record<string, Role>> = {
  rollback: "down",
  rollbacks: "down",
  down: "down",
  revert: "down",
  undo: "down",
  verify: "verify",
  verification: "verify",
  seed: "seed",
  seeds: "seed",
};
const PREFIX = /^(rollback|undo|revert|verify)[._-](?=.)/i;
const SUFFIX = /([._-])(rollback|down|undo|revert|verify|up)$/i;

interface Named {
  readonly file: PileFile;
  readonly role: Role;
  /** Path without ending, and without what says its role. */
  readonly stem: string;
}

/**
 * SQL files that were run by hand or by a script of the house: in the order of their numbers where each has one, else
 * of their names, as a shell lists them.
 */
export const plain: Layout = { evidence: () => null, read };

function read(files: readonly PileFile[]): Reading {
  const scripts = files.filter(({ sql }) => sql);
  const stems = new Set(scripts.map(stemOf));
  const named = scripts.map((file) => nameOf(file, stems));
  const ups = named.filter(({ role }) => role === "up");
  const ofRole = (role: Role) => new Map(named.filter((one) => one.role === role).map((o) => [o.stem, o]));
  const [downs, verifies] = [ofRole("down"), ofRole("verify")];
  const numbered = ups.every(({ stem }) => numbersOf(stem).length > 0);
  const ordered = ups.toSorted(
    (a, b) =>
      (numbered ? byNumbers(numbersOf(a.stem), numbersOf(b.stem)) : 0) || byText(a.file.path, b.file.path),
  );
  const migrations = ordered.map((one): PileMigration => {
    const [down, verify] = [downs, verifies].map((found) => found.get(one.stem) ?? null);
    downs.delete(one.stem);
    verifies.delete(one.stem);
    return {
      ...forwardOnly(
        one.stem,
        one.stem.slice((labelOf(one.stem) ?? "").length).replace(/^[_-]+/, ""),
        wholeFile(one.file),
      ),
      down: down ? wholeFile(down.file) : null,
      verify: verify ? wholeFile(verify.file) : null,
    };
  });
  const seeds = named.filter(({ role }) => role === "seed");
  return {
    migrations,
    left: seeds.map(({ file }) => ({ path: file.path, why: "rows, no migration" })),
    untranslated: [],
    faults: [
      ...duplicates(
        "a person",
        ordered.map((one) => ({ path: one.file.path, key: one.stem })),
        ({ key }) => key,
      ),
      ...[...downs.values()].map(({ file }) => withoutForward(file.path, "a rollback")),
      ...[...verifies.values()].map(({ file }) => withoutForward(file.path, "a verification")),
    ],
  };
}

/** The numbers that a name begins with: of `10-a` one, of `1.10-a` and `2024-01-05-a` one behind the other. */
function numbersOf(stem: string): readonly string[] {
  const label = labelOf(stem);
  if (label !== null) return [label.replace("_", "")];
  return /^\d+(?:[.-]\d+)*/.exec(stem)?.[0].split(/[.-]/) ?? [];
}

function byNumbers(a: readonly string[], b: readonly string[]): number {
  for (let i = 0; i < Math.max(a.length, b.length); i++) {
    const order = byNumber(a[i] ?? "", b[i] ?? "");
    if (order !== 0) return order;
  }
  return 0;
}

const stemOf = ({ base }: PileFile): string => base.replace(/\.sql$/i, "");

function nameOf(file: PileFile, stems: ReadonlySet<string>): Named {
  const stem = stemOf(file);
  const [whole = "", separator = "", suffix = ""] = SUFFIX.exec(stem) ?? [];
  const bare = stem.slice(0, stem.length - whole.length);
  const folder = FOLDERS[lastFolder(file.folder).toLowerCase()];
  if (folder === "seed") return { file, role: "seed", stem };
  const [before = "", word = ""] = PREFIX.exec(stem) ?? [];
  const behind = before === "" ? null : stem.slice(before.length);
  const meant = behind !== null && stems.has(behind) ? behind : null;
  if (folder !== undefined) return { file, role: folder, stem: meant ?? bare };
  // Taken for a migration, it would undo what is there.
  if (meant !== null || word.toLowerCase() === "rollback") {
    return { file, role: word.toLowerCase() === "verify" ? "verify" : "down", stem: behind ?? stem };
  }
  switch (suffix.toLowerCase()) {
    case "":
      return { file, role: "up", stem };
    case "verify":
      return { file, role: "verify", stem: bare };
    case "up":
      // `add_sign_up` is a name like any other.
      return { file, role: "up", stem: stems.has(`${bare}${separator}down`) ? bare : stem };
    default: {
      const partner = [bare, `${bare}${separator}up`].some((name) => stems.has(name));
      return partner || suffix.toLowerCase() === "rollback" || separator === "."
        ? { file, role: "down", stem: bare }
        : { file, role: "up", stem };
    }
  }
}
