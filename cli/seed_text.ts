import type { LoadedFile } from "#io/seed.ts";
import { printable } from "./render/printable.ts";
import { counted } from "./render/time_text.ts";

/** What was loaded, a line for each file. */
export function seedText(loaded: readonly LoadedFile[]): string {
  const width = Math.max(...loaded.map(({ file }) => file.length));
  const lines = loaded.map(({ file, rows }) => {
    const said = rows === 0 ? "nothing new" : counted(rows, "new row");
    return `  ${printable(file).padEnd(width)}  ${said}\n`;
  });
  return lines.join("");
}
