import type { Fault } from "../errors.ts";
import { firstFile, type Layout } from "./layout.ts";
import { atLine, duplicates } from "./layout_faults.ts";
import type { Changeset } from "./liquibase_changeset.ts";
import { type ChangelogFile, isFormatted, readChangelog } from "./liquibase_file.ts";
import { isMaster, noCounterpart, noSql, readMaster } from "./liquibase_master.ts";
import type { PileMigration, Reading } from "./pile.ts";
import { byText, type PileFile } from "./pile_file.ts";
import { standIn } from "./script_parts.ts";

/**
 * Formatted SQL changelogs: each changeset is a migration, in the order of the changelog that includes the files, or of
 * the files' paths where none does. (Liquibase, "SQL format".)
 */
export const liquibase: Layout = {
  evidence: (files) =>
    firstFile(files, "is a changelog of Liquibase", (file) => isFormatted(file) || isMaster(file)),
  read,
};

interface Found {
  readonly migration: PileMigration;
  readonly path: string;
  readonly line: number;
}

/** What is gathered while the changelogs are followed. */
class Gathered {
  readonly found: Found[] = [];
  readonly left: { readonly path: string; readonly why: string }[] = [];
  readonly untranslated: Fault[] = [];
  readonly faults: Fault[] = [];
  readonly visited = new Set<string>();
  private readonly files: readonly PileFile[];

  constructor(files: readonly PileFile[]) {
    this.files = files;
  }

  visit(file: PileFile): void {
    if (this.visited.has(file.path)) return;
    this.visited.add(file.path);
    if (isFormatted(file)) this.take(readChangelog(file));
    else if (isMaster(file)) this.follow(file);
    else if (file.sql) {
      this.untranslated.push(
        atLine("untranslated-option", file.path, 1, `${file.path} is included and has no changeset line.`, {
          remedy: "Give it the lines of a formatted SQL changelog; or go on with --skip, and add it by hand.",
        }),
      );
    }
  }

  private take({ changesets, left, untranslated, faults }: ChangelogFile): void {
    for (const one of changesets) this.add(one);
    this.left.push(...left);
    this.untranslated.push(...untranslated);
    this.faults.push(...faults);
  }

  private add({ migration, path, line, passed_over, untranslated }: Changeset): void {
    if (passed_over !== null) {
      this.left.push({ path, why: `changeset ${migration.id} in line ${line}: ${passed_over}` });
      return;
    }
    this.found.push({ migration, path, line });
    this.untranslated.push(...untranslated);
  }

  private follow(master: PileFile): void {
    for (const entry of readMaster(master)) {
      if (entry.kind === "option") {
        this.untranslated.push(noCounterpart(master.path, entry.line, entry.said));
        continue;
      }
      if (entry.kind === "changeset") {
        const id = `${master.path}::${entry.id}::${entry.author}`;
        this.untranslated.push(noSql(master.path, entry.line, entry.id));
        this.found.push({
          migration: standIn(id, entry.id, master.path),
          path: master.path,
          line: entry.line,
        });
        continue;
      }
      const named =
        entry.kind === "file" ? this.named(entry.path, master) : this.inFolder(entry.path, master);
      if (named.length === 0) {
        const said = `${master.path} includes ${JSON.stringify(entry.path)}, and it is not here.`;
        this.faults.push(atLine("layout-incomplete", master.path, entry.line, said));
      }
      for (const file of named) this.visit(file);
    }
  }

  /** A path may begin beside the changelog, or at a root that lies above or below this folder. */
  private named(path: string, master: PileFile): readonly PileFile[] {
    const wanted = path.replace(/^(?:classpath:)?(?:\.?\/)*/, "");
    const beside = resolved(`${master.folder}/${wanted}`);
    const found =
      this.files.find((file) => file.path === beside) ??
      this.files.find((file) => file.path === wanted) ??
      this.files.find((file) => file.path.endsWith(`/${wanted}`) || `/${wanted}`.endsWith(`/${file.path}`));
    return found === undefined ? [] : [found];
  }

  private inFolder(path: string, master: PileFile): readonly PileFile[] {
    const wanted = path.replace(/^(?:classpath:)?(?:\.?\/)*/, "").replace(/\/$/, "");
    const within = (folder: string) =>
      this.files.filter((file) => file !== master && `${file.folder}/`.startsWith(`${folder}/`));
    const beside = within(resolved(`${master.folder}/${wanted}`));
    const all =
      beside.length > 0 ? beside : this.files.filter(({ folder }) => `/${folder}/`.includes(`/${wanted}/`));
    return all.filter((file) => file.sql || isMaster(file)).toSorted((a, b) => byText(a.path, b.path));
  }
}

function read(files: readonly PileFile[]): Reading {
  const gathered = new Gathered(files);
  const masters = files.filter(isMaster);
  const included = new Set(
    masters.flatMap((master) =>
      readMaster(master).flatMap((entry) => (entry.kind === "file" ? [entry.path.replace(/^.*\//, "")] : [])),
    ),
  );
  // A changelog that no other one includes is where to begin.
  for (const master of masters) if (!included.has(master.base)) gathered.visit(master);
  const unnamed = files.filter((file) => isFormatted(file) && !gathered.visited.has(file.path));
  if (masters.length === 0) for (const file of unnamed) gathered.visit(file);
  const { found, left, untranslated, faults } = gathered;
  const ordered = [
    ...found.filter(({ migration }) => !migration.repeatable),
    ...found.filter(({ migration }) => migration.repeatable),
  ];
  return {
    migrations: ordered.map(({ migration }) => migration),
    left: [
      ...left,
      ...(masters.length === 0 ? [] : unnamed.map(({ path }) => ({ path, why: "no changelog includes it" }))),
      ...files
        .filter((file) => file.sql && !isFormatted(file) && !gathered.visited.has(file.path))
        .map(({ path }) => ({ path, why: "no changelog of Liquibase" })),
      ...masters.map(({ path }) => ({ path, why: "its includes gave the order" })),
    ],
    untranslated,
    faults: [...duplicates("Liquibase", found, ({ migration }) => JSON.stringify(migration.id)), ...faults],
  };
}

/** A path without `.` and `..`; one that would lead out of the pile leads nowhere in it. */
function resolved(path: string): string {
  const parts: string[] = [];
  for (const part of path.split("/")) {
    if (part === "..") {
      if (parts.pop() === undefined) return path;
    } else if (part !== "" && part !== ".") parts.push(part);
  }
  return parts.join("/");
}
