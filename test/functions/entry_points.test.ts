import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import { describe, expect, it } from "vitest";
import { root } from "../support/docs_page.ts";

const folder = join(root, "functions");
const files = readdirSync(folder).filter((file) => file.endsWith(".ts"));

it("there are four", () => {
  expect(files.sort()).toEqual(["apply.ts", "rollback.ts", "status.ts", "verify.ts"]);
});

describe.each(files)("%s", (file) => {
  it("is an entry of at most 30 lines that exports its handler and nothing else", async () => {
    const source = readFileSync(join(folder, file), "utf8");
    expect(source.split("\n").length).toBeLessThanOrEqual(30);
    const exported = (await import(join(folder, file))) as Record<string, unknown>;
    expect(Object.keys(exported)).toEqual(["handler"]);
    // The runtime refuses a handler that takes a callback.
    expect(exported.handler).toHaveLength(2);
  });
});

it.each([
  ["apply.ts", true],
  ["rollback.ts", true],
  ["verify.ts", true],
  ["status.ts", false],
])("%s needs the SQL parser: %s", async (file, needs) => {
  const { metafile } = await build({
    entryPoints: [join(folder, file)],
    bundle: true,
    write: false,
    metafile: true,
    platform: "node",
    format: "esm",
    logLevel: "silent",
    external: ["pg-native", "@aws-sdk/*", "@aws-lambda-powertools/*"],
  });
  expect(Object.keys(metafile.inputs).some((path) => path.includes("libpg-query"))).toBe(needs);
});
