import { posix } from "node:path";
import { importsOf, usesOf } from "./source_syntax.ts";

export interface SourceFile {
  /** From the repository's root, with slashes. */
  readonly path: string;
  readonly source: string;
}

/** A part of the tree with rules of its own. */
type Room =
  | "engine"
  | "io"
  | "functions"
  | "cdk"
  | "cli"
  | "test"
  | "bench"
  | "tools"
  | "migrations"
  | "seed"
  | "root";

interface Rules {
  /** Other rooms that may be imported. */
  readonly rooms: readonly Room[];
  /** Packages and `node:` modules, by name or by how their names begin (`node:*`). */
  readonly packages: readonly string[];
}

const RULES: Record<Room, Rules> = {
  engine: { rooms: [], packages: ["node:crypto"] },
  io: {
    rooms: ["engine"],
    packages: ["node:*", "pg", "@aws-sdk/*", "@aws-lambda-powertools/*", "valibot", "yauzl", "yazl"],
  },
  functions: { rooms: ["engine", "io"], packages: ["node:*"] },
  cdk: { rooms: ["io"], packages: ["*"] },
  cli: { rooms: ["engine", "io"], packages: ["node:*", "commander"] },
  test: { rooms: ["engine", "io", "functions", "cdk", "cli", "bench", "tools"], packages: ["*"] },
  bench: { rooms: ["engine", "io", "test"], packages: ["*"] },
  tools: { rooms: [], packages: ["node:*"] },
  migrations: { rooms: [], packages: [] },
  seed: { rooms: [], packages: [] },
  root: { rooms: ["test"], packages: ["*"] },
};

/** One file alone may know the SQL parser. */
const SQL_PARSER = { package: "libpg-query", path: "functions/engine/sql/parse.ts" };
/** The names that both sides spell alike. */
const CONTRACT = "functions/io/contract.ts";

/** A name that says nothing gathers everything. */
const EMPTY_NAMES = /^(utils?|common|helpers?|types?|index|misc|shared)$/;

const TEST_WORDS = /\b(mock\w*|vitest|jest)\b/i;

/** What breaks the rules of the tree: `path:line what`. */
export function violations(files: readonly SourceFile[]): string[] {
  return files.flatMap((file) => [
    ...nameFaults(file),
    ...importFaults(file),
    ...(roomOf(file.path) === "engine"
      ? usesOf(file).map((use) => `${file.path}:${use.line} uses ${use.name}`)
      : []),
    ...testWordFaults(file),
  ]);
}

function nameFaults({ path }: SourceFile): string[] {
  const names = path.split("/").map((part) => part.replace(/(\.test)?\.ts$/, ""));
  return names.some((name) => EMPTY_NAMES.test(name)) ? [`${path}:1 has a name that says nothing`] : [];
}

function importFaults(file: SourceFile): string[] {
  return importsOf(file).flatMap(({ from, line }) => {
    const why = importFault(file.path, from);
    return why === null ? [] : [`${file.path}:${line} imports ${from}: ${why}`];
  });
}

function importFault(path: string, from: string): string | null {
  const room = roomOf(path);
  if (!/^[.#/]/.test(from)) return packageFault(path, room, from);
  const target = targetOf(path, from);
  if (target === null) return "no such place in the import map";
  if (!/\.(ts|json)$/.test(target)) return "without its extension";
  if (target === "package.json" && room !== "engine") return null; // the version
  const other = roomOf(target);
  if (other === room) return from.startsWith(".") ? null : "inside a room, ./x.ts";
  if (!RULES[room].rooms.includes(other)) return `${room} does not import ${other}`;
  if (room === "cdk" && target !== CONTRACT) return `cdk imports ${CONTRACT} only`;
  if ((other === "engine" || other === "io") && !from.startsWith("#")) return `across rooms, #${other}/x.ts`;
  return null;
}

function packageFault(path: string, room: Room, from: string): string | null {
  if (from === SQL_PARSER.package && path === SQL_PARSER.path) return null;
  const { packages } = RULES[room];
  const known = packages.some((name) =>
    name.endsWith("*") ? from.startsWith(name.slice(0, -1)) : from === name,
  );
  if (known) return null;
  return `${room} does not know it`;
}

/** The path that an import leads to, or null. */
function targetOf(path: string, from: string): string | null {
  if (from.startsWith(".")) return posix.normalize(posix.join(posix.dirname(path), from));
  const mapped = /^#(engine|io)\/(.+)$/.exec(from);
  return mapped === null ? null : posix.normalize(`functions/${mapped[1]}/${mapped[2]}`);
}

function roomOf(path: string): Room {
  const [top = "", second = "", third] = path.split("/");
  if (top === "functions") {
    return third !== undefined && (second === "engine" || second === "io") ? second : "functions";
  }
  const rooms: readonly Room[] = ["cdk", "cli", "test", "bench", "tools", "migrations", "seed"];
  return rooms.find((room) => room === top) ?? "root";
}

function testWordFaults({ path, source }: SourceFile): string[] {
  if (!/^(functions|cli|cdk)\//.test(path)) return [];
  return source.split("\n").flatMap((text, at) => {
    const word = TEST_WORDS.exec(text)?.[0];
    return word === undefined ? [] : [`${path}:${at + 1} speaks of ${word}`];
  });
}
