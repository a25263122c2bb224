import { readFileSync, statSync } from "node:fs";
import { resolve } from "node:path";
import type { Bundle } from "#engine/bundle/bundle.ts";
import { parseVersionArgument } from "#engine/bundle/names.ts";
import { fault, MigrationFault } from "#engine/errors.ts";
import type { AdoptRequest } from "#engine/request.ts";

type Chain = NonNullable<AdoptRequest["chain"]>;

/** No chain of revisions is longer. */
const MOST_BYTES = 2 ** 20;

/**
 * The revisions of another tool, oldest first: one a line, behind it the version that it has in the bundle. Empty lines
 * and what stands behind a `#` are passed over. Throws with file and line.
 */
export function readChain(path: string, cwd: string, bundle: Bundle): Chain {
  const known = new Set<string>();
  const chain = textOf(path, resolve(cwd, path))
    .split(/\r\n|\n/)
    .flatMap((text, i): Chain => {
      const words = text.replace(/#.*$/, "").trim().split(/\s+/);
      const [revision = "", version, ...more] = words;
      if (revision === "") return [];
      if (known.has(revision)) throw wrong(path, i + 1, `${JSON.stringify(revision)} is there twice`);
      known.add(revision);
      if (more.length > 0) throw wrong(path, i + 1, "more than a revision and a version");
      if (version === undefined) return [{ revision, version: null }];
      const found = parseVersionArgument(version, bundle.migrations);
      if (typeof found !== "bigint") throw wrong(path, i + 1, found.message);
      return [{ revision, version: found }];
    });
  if (chain.length === 0) throw wrong(path, null, "no revision");
  return chain;
}

function textOf(path: string, file: string): string {
  try {
    if (!statSync(file).isFile()) throw new Error("it is no file");
    if (statSync(file).size > MOST_BYTES) throw new Error("it is larger than 1 MiB");
    return readFileSync(file, "utf8");
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new MigrationFault(fault("unreadable-file", `${path} cannot be read: ${why}.`, { file: path }));
  }
}

function wrong(path: string, line: number | null, found: string): MigrationFault {
  const remedy = "Write a revision in each line, and behind it its version in the bundle.";
  const message = line === null ? `${path} holds ${found}.` : `Line ${line} of ${path}: ${found}`;
  return new MigrationFault(
    fault("bad-argument", message.replace(/\.?$/, "."), { file: path, line, remedy }),
  );
}
