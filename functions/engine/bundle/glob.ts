/**
 * Whether a path matches a pattern, both from the bundle's root: `*` and `?` within one name, `**` for any
 * number of folders. Everything else stands for itself. Takes at most pattern x path steps.
 */
export function matchesGlob(pattern: string, path: string): boolean {
  return wildcard(pattern.split("/"), path.split("/"), "**", (part, name) =>
    wildcard([...part], [...name], "*", (one, character) => one === "?" || one === character),
  );
}

/** Greedy matching that only ever goes back to the last `many`, which is enough and never exponential. */
function wildcard(
  pattern: readonly string[],
  items: readonly string[],
  many: string,
  same: (part: string, item: string) => boolean,
): boolean {
  let at = 0;
  let lastMany = -1;
  let resume = 0;
  for (let item = 0; item < items.length; ) {
    const part = pattern[at];
    if (part === many) {
      lastMany = at++;
      resume = item;
    } else if (part !== undefined && same(part, items[item] ?? "")) {
      at++;
      item++;
    } else if (lastMany >= 0) {
      at = lastMany + 1;
      item = ++resume;
    } else {
      return false;
    }
  }
  return pattern.slice(at).every((part) => part === many);
}
