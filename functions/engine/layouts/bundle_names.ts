const MOST_CHARACTERS = 100;
const MOST_BYTES = 150;

/** A name in our convention: lower case, words joined by `_`. */
export function bundleName(name: string): string {
  const words = name
    .normalize("NFC")
    .toLowerCase()
    .replace(/[^\p{L}\p{M}\p{N}]+/gu, "_")
    .replace(/^_+|_+$/g, "");
  let kept = Array.from(words).slice(0, MOST_CHARACTERS).join("");
  while (new TextEncoder().encode(kept).length > MOST_BYTES) kept = Array.from(kept).slice(0, -1).join("");
  return kept.replace(/_+$/, "") || "migration";
}

/** They are applied in order of name: where that is not the pile's order, numbers in front make it so. */
export function repeatableNames(given: readonly string[]): readonly string[] {
  const taken = new Set<string>();
  const names = given.map((name) => freeName(bundleName(name), taken));
  if (names.every((name, i) => (names[i - 1] ?? "") < name)) return names;
  const width = Math.max(3, String(names.length * 10).length);
  return names.map((name, i) => `${String((i + 1) * 10).padStart(width, "0")}_${name}`);
}

function freeName(name: string, taken: Set<string>): string {
  let free = name;
  for (let i = 2; taken.has(free); i++) free = `${name}_${i}`;
  taken.add(free);
  return free;
}
