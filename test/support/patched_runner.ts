import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { buildRunnerWith, type RunnerProgram } from "./runner.ts";

/** A text of one of the engine's modules, and what stands in its place. */
export interface Patch {
  /** From the root folder: `functions/engine/run/steps.ts`. */
  readonly module: string;
  readonly from: string;
  readonly to: string;
}

/**
 * The runner with an engine that was broken on purpose, for tests that must see the fault. Throws where a text is
 * no longer there exactly once: the real engine would be tested, and found good.
 */
export async function buildPatchedRunner(patches: readonly Patch[]): Promise<RunnerProgram> {
  const root = join(import.meta.dirname, "..", "..");
  const modules = new Map<string, string>();
  for (const { module, from, to } of patches) {
    const path = join(root, module);
    const source = modules.get(path) ?? (await readFile(path, "utf8"));
    const times = source.split(from).length - 1;
    if (times !== 1) throw new Error(`${module} holds the text to patch ${times} times: ${from}`);
    modules.set(
      path,
      source.replace(from, () => to),
    );
  }
  const built = new Set<string>();
  const program = await buildRunnerWith([
    {
      name: "patch",
      setup: ({ onLoad }) => {
        onLoad({ filter: /\.ts$/ }, ({ path }) => {
          const contents = modules.get(path);
          if (contents === undefined) return undefined;
          built.add(path);
          return { contents, loader: "ts" };
        });
      },
    },
  ]);
  const missed = [...modules.keys()].filter((path) => !built.has(path));
  if (missed.length === 0) return program;
  program.remove();
  throw new Error(`the runner is built without ${missed.join(", ")}`);
}
