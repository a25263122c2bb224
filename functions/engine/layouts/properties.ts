import { linesOf } from "./marked_lines.ts";

/** A `key = value` with the line it stands in. */
export interface Property {
  readonly key: string;
  readonly value: string;
  readonly line: number;
}

/** The simple lines of a .conf, .properties or TOML file; sections and comments are passed over. */
export const readProperties = (text: string): readonly Property[] =>
  linesOf(text).flatMap(({ text: line, number }) => {
    const [, key, value = ""] = /^([\w.-]+)\s*[=:]\s*(.*)$/.exec(line.trim()) ?? [];
    return key === undefined ? [] : [{ key, value: value.replace(/^(["'])(.*)\1$/, "$2"), line: number }];
  });
