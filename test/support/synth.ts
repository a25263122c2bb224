import { execFile, execFileSync } from "node:child_process";
import { cpSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { buildStacks } from "../../cdk/stacks.ts";
import { type Example, exampleConfig, ROOT } from "./examples.ts";
import { appOf } from "./stacks.ts";

const run = promisify(execFile);

/** What git would clone, with what is not committed yet, beside the packages of this checkout. */
export function cleanCopy(folder: string): void {
  const files = execFileSync("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"], {
    cwd: ROOT,
    encoding: "utf8",
  });
  const needed = /^(cdk\/|functions\/|deploy\/|[^/]+\.json$)/;
  for (const file of files.split("\0").filter((path) => needed.test(path))) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    cpSync(join(ROOT, file), join(folder, file));
  }
  symlinkSync(join(ROOT, "node_modules"), join(folder, "node_modules"));
}

export interface Synthesized {
  readonly out: string;
  readonly printed: string;
}

/** `npx cdk synth`, as somebody without an account runs it. */
export async function synth(folder: string, example: Example): Promise<Synthesized> {
  const out = join(folder, `cdk.out-${example}`);
  const args = ["cdk", "synth", "--quiet", "--output", out, "-c", `config=deploy/example-${example}.json`];
  const { stdout, stderr } = await run("npx", args, { cwd: folder, env: nobody(folder) });
  return { out, printed: stdout + stderr };
}

/** No credentials, no settings of whoever runs the tests, and nothing that a request to anywhere would get through. */
const nobody = (home: string) => ({
  PATH: process.env.PATH,
  HOME: home,
  HTTPS_PROXY: "http://127.0.0.1:9",
  HTTP_PROXY: "http://127.0.0.1:9",
});

export interface Code {
  readonly folder: string;
  /** Bytes by file. */
  readonly files: Readonly<Record<string, number>>;
}

/** The code that would be uploaded, by the function's command. */
export function codeOf(out: string): Readonly<Record<string, Code>> {
  const template = JSON.parse(readFileSync(join(out, "PawsJobStack.template.json"), "utf8")) as {
    readonly Resources: Record<string, { Type: string; Properties: Record<string, unknown> }>;
  };
  const functions = Object.values(template.Resources).filter(({ Type }) => Type === "AWS::Lambda::Function");
  return Object.fromEntries(
    functions.map(({ Properties }) => {
      const { S3Key } = Properties.Code as { readonly S3Key: string };
      const folder = join(out, `asset.${S3Key.replace(/\.zip$/, "")}`);
      const sizes = readdirSync(folder).map((file) => [file, statSync(join(folder, file)).size] as const);
      const command = String(Properties.FunctionName).split("-").at(-1) ?? "";
      return [command, { folder, files: Object.fromEntries(sizes) }];
    }),
  );
}

/** The rules that a synthesis found broken, whether it failed by them or warned. */
export function findingsOf(out: string): string[] {
  const report = JSON.parse(readFileSync(join(out, "validation-report.json"), "utf8")) as {
    readonly pluginReports: readonly { readonly violations: readonly { readonly ruleName: string }[] }[];
  };
  return report.pluginReports.flatMap(({ violations }) => violations.map(({ ruleName }) => ruleName));
}

/** The same functions' code without the toolkit and the checks, from the repository in `root`. */
export function bundled(example: Example, root: string, out: string): string {
  const app = appOf({ outdir: out, unbundled: false });
  buildStacks(app, exampleConfig(example), root);
  app.synth();
  return out;
}
