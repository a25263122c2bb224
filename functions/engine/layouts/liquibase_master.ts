import type { Fault } from "../errors.ts";
import { locate } from "../sql/position.ts";
import { atLine } from "./layout_faults.ts";
import type { PileFile } from "./pile_file.ts";

/** What a changelog in XML or YAML lists, in order. */
export type MasterEntry =
  | { readonly kind: "file"; readonly path: string; readonly line: number }
  | { readonly kind: "folder"; readonly path: string; readonly line: number }
  | { readonly kind: "changeset"; readonly id: string; readonly author: string; readonly line: number }
  | { readonly kind: "option"; readonly said: string; readonly line: number };

/** Whether a file is a changelog that is no SQL. */
export const isMaster = ({ path, text }: PileFile): boolean =>
  /\.(?:xml|ya?ml|json)$/i.test(path) && /databaseChangeLog/.test(text);

const XML = /<(?:\w+:)?(include|includeAll|changeSet|property|preConditions)\b([^>]{0,2000})>/g;
const YAML =
  /^[ \t]*-[ \t]*(include|includeAll|changeSet|property|preConditions):[ \t]*(\{[^}\r\n]*\})?[ \t]*$/gm;
/** What decides whether the files that are included run at all. */
const CONDITIONS = ["contextFilter", "context", "labels"];

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
  return all.flatMap((found, i): readonly MasterEntry[] => {
    const { index, 0: whole, 1: kind, 2: inline = "" } = found;
    const body = xml || inline !== "" ? inline : text.slice(index + whole.length, all[i + 1]?.index);
    const said = (key: string) =>
      new RegExp(xml ? `\\b${key}\\s*=\\s*["']([^"']*)["']` : `\\b${key}:[ \\t]*["']?([^"',}\\r\\n]*)`)
        .exec(body)?.[1]
        ?.trim() ?? "";
    const { line } = locate(text, index + whole.search(/\S/));
    if (kind === "changeSet") return [{ kind: "changeset", id: said("id"), author: said("author"), line }];
    if (kind === "property" || kind === "preConditions") {
      // Those of a changeset are told with it.
      return isWithin(text, index, "changeSet") ? [] : [{ kind: "option", said: kind, line }];
    }
    return [
      ...CONDITIONS.flatMap((key): readonly MasterEntry[] =>
        said(key) === "" ? [] : [{ kind: "option", said: `${key}: ${said(key)}`, line }],
      ),
      kind === "include"
        ? { kind: "file", path: said("file"), line }
        : { kind: "folder", path: said("path"), line },
    ];
  });
}

/** Whether an element of XML is open there. */
const isWithin = (text: string, at: number, element: string): boolean =>
  text.lastIndexOf(`<${element} `, at) > text.lastIndexOf(`</${element}>`, at);

/** That something a changelog says of others cannot be taken over. */
export const noCounterpart = (path: string, line: number, said: string): Fault =>
  atLine("untranslated-option", path, line, `\`${said}\` has no counterpart here.`);

/** That a changeset in another language cannot be taken over. */
export const noSql = (path: string, line: number, id: string): Fault =>
  atLine("untranslated-migration", path, line, `The changeset ${JSON.stringify(id)} is no SQL.`);
