import { shellWord } from "../shell_word.ts";
import { FINDINGS, type Finding, type FindingCode, type Weight } from "./findings.ts";

/** How often a kind of finding was found, and what to do about it. */
export interface FindingSummary {
  readonly code: FindingCode;
  readonly weight: Weight;
  readonly what: string;
  readonly count: number;
  readonly remedy: string;
}

/** One line for each kind that was found, the weightiest first. */
export function summarise(findings: readonly Finding[]): readonly FindingSummary[] {
  const counts = new Map<FindingCode, number>();
  for (const { code } of findings) counts.set(code, (counts.get(code) ?? 0) + 1);
  const lines = (Object.keys(FINDINGS) as FindingCode[]).flatMap((code): readonly FindingSummary[] => {
    const count = counts.get(code);
    const { weight, what, remedy } = FINDINGS[code];
    return count === undefined ? [] : [{ code, weight, what, count, remedy }];
  });
  const order: readonly Weight[] = ["error", "warning", "info"];
  return lines.toSorted((a, b) => order.indexOf(a.weight) - order.indexOf(b.weight));
}

/** A remedy with the folder's own name in the place of `DIR`, as a shell takes it. */
export function withFolder<T extends { readonly remedy: string }>(one: T, folder: string): T {
  return { ...one, remedy: one.remedy.replace(/\bDIR\b/g, () => shellWord(folder)) };
}
