// What cdk.json runs: no TypeScript loader is needed, and none of Node's versions differ.
import { rmSync } from "node:fs";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { build } from "esbuild";

// Under node_modules, from where packages are found; of this process, as two may run at once.
const outfile = resolve(`node_modules/.cache/cdk-app-${process.pid}.mjs`);
process.setSourceMapsEnabled(true);
try {
  await build({
    entryPoints: ["cdk/app.ts"],
    bundle: true,
    platform: "node",
    format: "esm",
    packages: "external",
    sourcemap: "inline",
    logLevel: "warning",
    outfile,
  });
  await import(pathToFileURL(outfile).href);
} finally {
  rmSync(outfile, { force: true });
}
