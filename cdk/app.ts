import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { App } from "aws-cdk-lib";
import { holdsCertificates } from "./ca_file.ts";
import type { DeployConfig } from "./config.ts";
import { ConfigFault, readConfig } from "./read_config.ts";
import { addChecks, buildStacks } from "./stacks.ts";

// The toolkit starts us where cdk.json is.
const root = process.cwd();

try {
  const app = new App();
  buildStacks(app, configured(app.node.tryGetContext("config")), root);
  addChecks(app);
  app.synth();
} catch (error) {
  if (!(error instanceof ConfigFault)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}

function configured(file: unknown): DeployConfig {
  if (typeof file !== "string" || file === "") {
    throw new ConfigFault("-c config", [
      "missing; wanted a file, as in: npx cdk synth -c config=deploy/prod.json",
    ]);
  }
  return readConfig(json(file), file, (path) => holdsCertificates(resolve(root, path)));
}

function json(file: string): unknown {
  try {
    return JSON.parse(readFileSync(resolve(root, file), "utf8").replace(/^\uFEFF/, ""));
  } catch (error) {
    throw new ConfigFault(file, [error instanceof Error ? error.message : String(error)]);
  }
}
