import type { Fault } from "../errors.ts";
import { locate } from "../sql/position.ts";
import { atLine } from "./layout_faults.ts";
import type { PileFile } from "./pile_file.ts";

/** What a changelog in XML or YAML lists, in order. */
export type MasterEntry =
  | { readonly kind: "file"; readonly path: string; readonly line: number }
  | { readonly kind: "folder"; readonly path: string; readonly line: number }
  | { readonly kind: "changeset"; readonly id: string; readonly author: string; readonly line: number };

/** Whether a file is a changelog that is no SQL. */
export const isMaster = ({ path, text }: PileFile): boolean =>
  /\.(?:xml|ya?ml|json)$/i.test(path) && /databaseChangeLog/.test(text);

const XML = /<(?:\w+:)?(include|includeAll|changeSet)\b([^>]{0,2000})>/g;
const YAML = /^[ \t]*-[ \t]*(include|includeAll|changeSet):[ \t]*(\{[^}\r\n]*\})?[ \t]*$/gm;

/**
 * The includes and changesets of an XML or YAML changelog, told by their own lines alone: enough for the order. (Liquibase,
 * "include" and "includeAll".)
 */
export function readMaster(file: PileFile): readonly MasterEntry[] {
  const { path } = file;
  if (/\.json$/i.test(path)) return [{ kind: "changeset", id: path, author: "", line: 1 }];
  const xml = /\.xml$/i.test(path);
  const text = xml
    ? file.text.replace(/<!--[\s\S]*?(?:-->|$)/g, (all) => all.replace(/[^\r\n]/g, " "))
    : file.text;
  const all = [...text.matchAll(xml ? XML : YAML)];
  return all.map((found, i): MasterEntry => {
    const { index, 0: whole, 1: kind, 2: inline = "" } = found;
    const body = xml || inline !== "" ? inline : text.slice(index + whole.length, all[i + 1]?.index);
    const said = (key: string) =>
      new RegExp(xml ? `\\b${key}\\s*=\\s*["']([^"']*)["']` : `\\b${key}:[ \\t]*["']?([^"',}\\r\\n]*)`)
        .exec(body)?.[1]
        ?.trim() ?? "";
    const { line } = locate(text, index + whole.search(/\S/));
    if (kind === "changeSet") return { kind: "changeset", id: said("id"), author: said("author"), line };
    return kind === "include"
      ? { kind: "file", path: said("file"), line }
      : { kind: "folder", path: said("path"), line };
  });
}

/** That a changeset in another language cannot be taken over. */
export const noSql = (path: string, line: number, id: string): Fault =>
  atLine("untranslated-migration", path, line, `The changeset ${JSON.stringify(id)} is no SQL.`);
