import type { Fault } from "../errors.ts";
import { atLine } from "./layout_faults.ts";
import type { PileFile } from "./pile_file.ts";
import { readProperties } from "./properties.ts";

const FILE = /^flyway(?:\.user)?\.(?:conf|toml)$/;

/** What decides which files run, and how, with the value that is so here too; keys in lower case. */
const DECIDES: ReadonlyMap<string, string> = new Map([
  ["defaultschema", "public"],
  ["schemas", "public"],
  ["initsql", ""],
  ["sqlmigrationprefix", "V"],
  ["undosqlmigrationprefix", "U"],
  ["repeatablesqlmigrationprefix", "R"],
  ["sqlmigrationseparator", "__"],
  ["sqlmigrationsuffixes", ".sql"],
  ["executeintransaction", "true"],
  ["placeholderprefix", "${"],
  ["placeholdersuffix", "}"],
  ["placeholderreplacement", "true"],
]);

const SCHEMA = "Name the schema in the SQL, or give the login its search_path; then go on with --skip.";

/** Settings of all migrations that cannot be carried over. (Flyway, "Configuration files".) */
export const flywaySettings = (files: readonly PileFile[]): readonly Fault[] =>
  files
    .filter(({ base }) => FILE.test(base))
    .flatMap(({ path, text }) =>
      readProperties(text).flatMap(({ key, value, line }) => {
        const name = key.slice(key.lastIndexOf(".") + 1);
        const usual = DECIDES.get(name.toLowerCase());
        if (usual === undefined || value.replace(/[\s"'[\]]/g, "") === usual) return [];
        const remedy = /schema/i.test(name) ? { remedy: SCHEMA } : {};
        const said = `${path} sets ${name}, which has no counterpart here.`;
        return [atLine("untranslated-option", path, line, said, remedy)];
      }),
    );
