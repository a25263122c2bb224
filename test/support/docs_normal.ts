/**
 * What differs from run to run, and what stands for it on both sides of a comparison. Everything else must be
 * equal, letter by letter.
 */
const VARIABLE: readonly (readonly [what: RegExp, stands: string])[] = [
  // Where a line was too long for the database's name, it goes on in the next.
  [/\n {2}-> {2}(?=\S+@)/g, "  ->  "],
  [/[\w.-]+:\d+ \(PostgreSQL \d+(\.\d+)*\)/g, "HOST:PORT (PostgreSQL N)"],
  // What `seed` says at its end.
  [/(?<=^\w+@)[\w.-]+:\d+$/gm, "HOST:PORT"],
  [/\b[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}\b/g, "RUN-ID"],
  [/\bsha256 [0-9a-f]{8,64}\b/g, "sha256 DIGEST"],
  [/\bthe file has [0-9a-f]{8,64}\b/g, "the file has DIGEST"],
  [/\b20\d\d-\d\d-\d\d \d\d:\d\d:\d\d UTC\b/g, "TIME"],
  [/\b20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g, "TIME"],
  // Right-aligned in a column as wide as the longest of them.
  [/ +(<1|\d+(\.\d+)?) m?s(?=,|\.| |$)/gm, " DURATION"],
  [/(?<= DURATION {3})[\w.-]+@[\w.-]+$/gm, "WHO"],
  [/(?<=^asked by: )[\w.-]+@[\w.-]+$/gm, "WHO"],
  // The version that `create` makes of the time.
  [/\b20\d{12}(?=_|\b)/g, "VERSION"],
];

export const normal = (text: string): string =>
  VARIABLE.reduce((so_far, [what, stands]) => so_far.replaceAll(what, stands), text.trimEnd());

/** Lines on stderr that a terminal shows in one line, and takes away again. */
const PROGRESS = [
  /^connected to \S+ \(PostgreSQL [\d.]+\)$/,
  /^run \S+: \d+ steps? planned$/,
  /^[\d_]+ \w+: (applying|rolling back|verifying)$/,
  /^[\d_]+ \w+: (done|failed), (<1|[\d.]+) m?s(, \d+ checks?)?$/,
];

export const withoutProgress = (text: string): string =>
  text
    .split("\n")
    .filter((line) => !PROGRESS.some((progress) => progress.test(line)))
    .join("\n");

/**
 * What the page says, with `...` lines filled in from what was printed where the rest fits: a picture may leave
 * lines out. Unfilled where it does not fit, so that a comparison shows the difference.
 */
export function filledIn(page: string, printed: string): string {
  const escaped = page
    .split("\n")
    .map((line) => (line === "..." ? "[^]*?" : line.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&")));
  return new RegExp(`^${escaped.join("\n")}$`).test(printed) ? printed : page;
}
