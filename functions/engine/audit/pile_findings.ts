import { ROOT_FILES } from "../bundle/layout.ts";
import type { Fault } from "../errors.ts";
import type { Pile } from "../layouts/pile.ts";
import { NAMELESS } from "./audited_pile.ts";
import { findingOf } from "./fault_findings.ts";
import { type Finding, finding } from "./findings.ts";

/** What the reader of the layout, and of the folder, has said of the pile. */
export function pileFindings(pile: Pile, more: readonly Fault[]): readonly Finding[] {
  // Names are judged by themselves, with what they should be.
  const faults = pile.faults.filter(({ code }) => !NAMELESS.has(code));
  return [
    ...[...more, ...faults].map((fault) => findingOf(fault, "layout-broken")),
    ...pile.untranslated.map((fault) => findingOf(fault, "untranslated")),
    ...pile.left
      // They are in their place.
      .filter(({ path }) => !ROOT_FILES.includes(path))
      .filter(({ path }) => !pile.faults.some(({ file, code }) => file === path && NAMELESS.has(code)))
      .map(({ path, why }) => finding("left-out", `${path}: ${why}.`, { file: path })),
  ];
}
