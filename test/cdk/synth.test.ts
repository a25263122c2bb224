import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { Bucket } from "aws-cdk-lib/aws-s3";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { addChecks, buildStacks } from "../../cdk/stacks.ts";
import { EXAMPLES, type Example, exampleConfig, ROOT, rawExample } from "../support/examples.ts";
import { appOf } from "../support/stacks.ts";
import {
  bundled,
  type Code,
  cleanCopy,
  codeOf,
  findingsOf,
  type Synthesized,
  synth,
} from "../support/synth.ts";

const COMMANDS = ["apply", "rollback", "verify", "status"];
const MINUTES = 60_000;

// Two folders, one deeper than the other.
const base = mkdtempSync(join(tmpdir(), "paws-synth-"));
const [one, other] = [join(base, "one"), join(base, "an/other/place")];
const synthesized: Partial<Record<Example, Synthesized>> = {};
const outOf = (example: Example): Synthesized => {
  const found = synthesized[example];
  if (found === undefined) throw new Error(`${example} was not synthesized`);
  return found;
};

beforeAll(async () => {
  for (const folder of [one, other]) cleanCopy(folder);
  await Promise.all(
    EXAMPLES.map(async (example) => {
      synthesized[example] = await synth(one, example);
    }),
  );
}, 5 * MINUTES);

afterAll(() => rmSync(base, { recursive: true, force: true }));

describe.each(EXAMPLES)("npx cdk synth -c config=deploy/example-%s.json, in a clean copy", (example) => {
  it("writes both stacks, and asks nobody for anything", () => {
    const { out, printed } = outOf(example);
    expect(readdirSync(out)).toEqual(
      expect.arrayContaining(["PawsDataStack.template.json", "PawsJobStack.template.json"]),
    );
    const manifest = JSON.parse(readFileSync(join(out, "manifest.json"), "utf8"));
    expect(manifest).not.toHaveProperty("missing");
    expect(printed).not.toMatch(/telemetry|NOTICES|warning|error/i);
  });

  it("is found clean by cdk-nag and by CDK's own checks: no fault, and no warning", () => {
    expect(findingsOf(outOf(example).out)).toEqual([]);
  });

  it("leaves nothing behind beside its output", () => {
    expect(readdirSync(one).filter((file) => /^cdk\.(context|out$)/.test(file))).toEqual([]);
  });

  it("says nothing of whoever synthesized", () => {
    const text = readFileSync(join(outOf(example).out, "PawsJobStack.template.json"), "utf8");
    expect(text).not.toContain("AWS::CDK::Metadata");
    expect(text).not.toContain(base);
  });
});

describe("the code of a function", () => {
  const codes = () => codeOf(outOf("create").out);

  it("is there for each command, with what it needs beside it and nothing else", () => {
    const found = Object.fromEntries(
      Object.entries(codes()).map(([command, { files }]) => [command, Object.keys(files).sort()]),
    );
    const all = ["index.mjs", "index.mjs.map", "rds_roots.json"];
    expect(found).toEqual({
      apply: [...all.slice(0, 2), "libpg-query.wasm", "rds_roots.json"],
      rollback: [...all.slice(0, 2), "libpg-query.wasm", "rds_roots.json"],
      verify: [...all.slice(0, 2), "libpg-query.wasm", "rds_roots.json"],
      status: all,
    });
    const local = codeOf(outOf("local").out);
    for (const command of COMMANDS) expect(local[command]?.files).toHaveProperty("database-ca.pem");
  });

  it("stays small: less than 1 MB of JavaScript, and the goal is 0.8", () => {
    const sizes = Object.fromEntries(
      Object.entries(codes()).map(([command, { files }]) => [command, files["index.mjs"] ?? Number.NaN]),
    );
    process.stdout.write(`bytes of JavaScript: ${JSON.stringify(sizes)}\n`);
    for (const command of COMMANDS) expect(sizes[command], command).toBeLessThan(1_000_000);
  });

  it("has a source map with paths from the repository, and no sources in it", () => {
    for (const { folder } of Object.values(codes())) {
      const map = JSON.parse(readFileSync(join(folder, "index.mjs.map"), "utf8")) as {
        readonly sources: readonly string[];
        readonly sourcesContent?: unknown;
      };
      expect(map.sourcesContent).toBeUndefined();
      expect(map.sources.filter((path) => !/^(functions|node_modules)\//.test(path))).toEqual([]);
      expect(map.sources.some((path) => path.startsWith("functions/engine/"))).toBe(true);
    }
  });

  it("begins, alone in a folder", () => {
    for (const [command, { folder }] of Object.entries(codes())) {
      const alone = join(base, "alone", command);
      cpSync(folder, alone, { recursive: true });
      const asked = `import(${JSON.stringify(join(alone, "index.mjs"))}).then((m) => console.log(typeof m.handler))`;
      const said = execFileSync(process.execPath, ["--no-warnings", "--eval", asked], {
        cwd: alone,
        encoding: "utf8",
      });
      expect(said.trim(), command).toBe("function");
    }
  });

  it(
    "is the same from another checkout in another folder, written elsewhere",
    () => {
      const again = codeOf(bundled("create", other, join(base, "elsewhere")));
      const names = (all: Readonly<Record<string, Code>>) =>
        Object.fromEntries(Object.entries(all).map(([command, { folder }]) => [command, basename(folder)]));
      expect(names(again)).toEqual(names(codes()));
    },
    5 * MINUTES,
  );
});

it.each([{ multiAz: false }, { deletionProtection: false }, { auth: "iam", backupDays: 1, port: 6000 }])(
  "cdk-nag lets a database be made with %j",
  (given) => {
    const app = appOf();
    const database = { ...(rawExample("create").database as object), ...given };
    buildStacks(app, exampleConfig("create", { database }), ROOT);
    addChecks(app);
    expect(() => app.synth()).not.toThrow();
  },
);

it("would be found out by cdk-nag", () => {
  const app = appOf();
  const { job } = buildStacks(app, exampleConfig("local"), ROOT);
  new Bucket(job, "Open");
  addChecks(app);
  expect(() => app.synth()).toThrow(/AwsSolutions-S1\b/);
});

it("says what is wrong in a line each, without a stack", () => {
  const asked = ["cdk/start.mjs"];
  const env = { ...process.env, CDK_CONTEXT_JSON: "{}" };
  let said = "";
  try {
    execFileSync(process.execPath, asked, { cwd: one, env, encoding: "utf8", stdio: "pipe" });
  } catch (error) {
    said = String((error as { stderr: string }).stderr);
  }
  expect(said).toBe(
    "-c config: 1 fault\n  missing; wanted a file, as in: npx cdk synth -c config=deploy/prod.json\n",
  );
  expect(existsSync(join(one, "cdk.out"))).toBe(false);
});
