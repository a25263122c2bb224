import type { Candidate } from "./families.ts";
import { type Finding, finding } from "./findings.ts";
import { spelled } from "./object_kinds.ts";

const MANY = 3;

/** Tables, views, functions and types that many files make, change or drop. */
export function findChangedAgain(candidates: readonly Candidate[]): readonly Finding[] {
  const files = new Map<string, Set<string>>();
  for (const { path, facts } of candidates) {
    for (const change of facts.objects) {
      const owner = change.on === null ? `${change.kind} ${spelled(change)}` : `table ${spelled(change.on)}`;
      if (change.kind === "schema" || change.kind === "extension") continue;
      files.set(owner, (files.get(owner) ?? new Set()).add(path));
    }
  }
  return [...files].flatMap(([object, paths]) => {
    const [file, ...related] = paths;
    if (paths.size < MANY) return [];
    return [
      finding("changed-again", `${paths.size} files make or change the ${object}.`, {
        file: file ?? null,
        related,
      }),
    ];
  });
}
