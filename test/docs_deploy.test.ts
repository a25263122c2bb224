import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { functionName, stackName, topicName } from "../cdk/names.ts";
import { parseArguments } from "../cli/arguments.ts";
import { deployBlocks, deployText, runScript, scriptOf } from "./support/deploy_page.ts";
import { root } from "./support/docs_page.ts";
import { answer, type EdgeAnswer, type EdgeRequest, startEdge } from "./support/edge_stub.ts";
import { SAMPLE_ATTEMPT, sampleHead, sampleRun, sampleStep, stepNotRun } from "./support/sample_reports.ts";
import { functionError, lambdaEnvironment } from "./support/scripted_lambda.ts";
import { useProgram } from "./support/terminal.ts";

const program = useProgram();
const lines = deployBlocks.flatMap((block) => block.split("\n"));

/** The words of a command line as a shell makes them, the variables left as they are. */
function wordsOf(line: string): readonly string[] {
  const script = `npx() { printf '%s\\0' "$@"; }\noutput() { echo printed; }\n${line.replace(/ > \S+$/, "")}`;
  const env = {
    PATH: process.env.PATH,
    TARGET: "orders-prod",
    BUNDLE: "orders",
    RELEASE: "1.0.0",
    BUCKET: "b",
  };
  return execFileSync("sh", ["-c", script], { env, encoding: "utf8" }).split("\0").slice(1, -1);
}

it.each(lines.filter((line) => line.trim().startsWith("npx paws-migrate")))("%s is understood", (line) => {
  expect(parseArguments(wordsOf(line.trim()), 100)).toMatchObject({ kind: "call" });
});

it.each(deployBlocks)("%j is a shell's", (block) => {
  execFileSync("sh", ["-n", "-c", block]);
});

it("its names are those that the stacks give", () => {
  const target = { target: "$TARGET" };
  const commands = ["apply", "rollback", "verify", "status"] as const;
  const known = [
    "paws-$TARGET",
    ...commands.map((command) => functionName(target, command)),
    ...(["data", "job"] as const).map((part) => stackName(target, part)),
    `${stackName(target, "job").replace(/job$/, "runs")}-apply-failed`,
  ];
  const named = [...deployText.matchAll(/paws-\$TARGET[\w/-]*/g)].map(([name]) => name);
  expect(named.filter((name) => !known.includes(name))).toEqual([]);
  const ours = { target: "orders-prod" };
  for (const name of [functionName(ours, "rollback"), topicName(ours)]) expect(deployText).toContain(name);
});

it("the outputs that it reads are made", () => {
  const files = readdirSync(join(root, "cdk"), { recursive: true, encoding: "utf8" });
  const sources = files
    .filter((file) => file.endsWith(".ts"))
    .map((file) => readFileSync(join(root, "cdk", file), "utf8"))
    .join("\n");
  const read = [...deployBlocks.join("\n").matchAll(/\boutput (\w+)/g)].map(([, name = ""]) => name);
  expect(read.length).toBeGreaterThan(5);
  // Of a function its verb comes first.
  const spelled = (name: string) => [`"${name}"`, `{name}${name.replace(/^Apply/, "")}`];
  expect(read.filter((name) => !spelled(name).some((text) => sources.includes(text)))).toEqual([]);
});

it("every saved event is in its table, and every configuration that it names is there", () => {
  const saved = readdirSync(join(root, "docs", "events")).map((file) => `events/${file}`);
  const named = [...deployText.matchAll(/\]\((events\/[\w-]+\.json)\)/g)].map(([, file]) => file);
  expect([...named].sort()).toEqual([...saved].sort());
  const files = [...deployText.matchAll(/deploy\/example-[\w-]+\.json/g)].map(([file]) => file);
  expect(files.filter((file) => !existsSync(join(root, file)))).toEqual([]);
});

describe("the pipeline's scripts", () => {
  const report = (run_id: unknown) => ({
    command: "up",
    ...SAMPLE_ATTEMPT,
    ...sampleHead({ run_id: String(run_id), steps: [sampleStep("001", "a")] }),
  });
  const plan = {
    command: "plan",
    of: "up",
    plan_digest: "0".repeat(64),
    details: [],
    ...sampleHead({ run_id: null, steps: [stepNotRun("001", "a")] }),
  };
  const verified = {
    command: "verify",
    ...SAMPLE_ATTEMPT,
    ...sampleHead(),
    recorded: true,
    stuck_runs: 0,
    pending: 0,
  };

  let asked: { readonly name: string; readonly event: Record<string, unknown> }[];
  let apply: (event: Record<string, unknown>) => EdgeAnswer;
  beforeEach(() => {
    asked = [];
    apply = (event) => json(event.dry_run === true ? plan : report(event.run_id));
  });
  const json = (value: unknown): EdgeAnswer => answer(200, JSON.stringify(value));

  /** S3 that takes a bundle, and the functions. */
  function aws({ method, url, headers, body }: EdgeRequest): EdgeAnswer {
    const [, name] = /\/functions\/([\w-]+)\/invocations/.exec(url) ?? [];
    if (name === undefined) return answer(method === "PUT" ? 200 : 404, "", { "x-amz-version-id": "v1" });
    const event = JSON.parse(body.toString()) as Record<string, unknown>;
    asked.push({ name, event });
    if (headers["x-amz-invocation-type"] === "Event") return answer(202);
    if (name === "paws-orders-prod-apply") return apply(event);
    if (name === "paws-orders-prod-verify") return json(verified);
    const run = { ...sampleRun({ run_id: String(event.run_id) }), report: report(event.run_id), events: [] };
    const known = asked.some((one) => one.name.endsWith("-apply") && one.event.dry_run !== true);
    return json({ command: "runs", ...sampleHead({ run_id: null }), runs: known ? [run] : [] });
  }

  async function run(script: string, before = "") {
    const edge = await startEdge(aws);
    onTestFinished(() => edge.close());
    const env = {
      ...lambdaEnvironment(edge.endpoint),
      AWS_DEFAULT_REGION: "eu-central-1",
      TARGET: "orders-prod",
      BUNDLE: "paws360",
      BUCKET: "bundles-here",
      RELEASE: "1.0.0",
    };
    return runScript(scriptOf(script), { env, program: program.path(), before });
  }

  it("publishes, applies exactly that under the release's own run id, and verifies", async () => {
    const { status, stderr } = await run("pipeline");
    expect(status, stderr).toBe(0);
    const changed = asked.filter(({ name, event }) => name.endsWith("-apply") && event.dry_run !== true);
    expect(changed).toMatchObject([
      { event: { run_id: "release-1.0.0", bundle: { key: "bundles/paws360/1.0.0.zip", version_id: "v1" } } },
    ]);
    expect(asked.at(-1)?.name).toBe("paws-orders-prod-verify");
  });

  it("ends where the apply does not end well", async () => {
    apply = () => functionError("MigrationRefused", "run x: out-of-order: 004 is below 005.");
    expect((await run("pipeline")).status).toBe(3);
    expect(asked.some(({ name }) => name.endsWith("-verify"))).toBe(false);
  });

  const PUBLISHED = `echo '{"published": {"name": "n", "version": "1", "key": "k", "version_id": "v"}}' > published.json`;

  describe.skipIf(!hasAwsCli())("with the AWS CLI alone", () => {
    it("ends with 0 where the function returned", async () => {
      const { status, stdout, stderr } = await run("pipeline-aws-cli", PUBLISHED);
      expect(status, stderr).toBe(0);
      expect(JSON.parse(stdout)).toMatchObject({ command: "up", run_id: "release-1.0.0" });
      expect(asked.map(({ event }) => event)).toEqual([
        { run_id: "release-1.0.0", reason: "pipeline", bundle: { key: "k", version_id: "v" } },
      ]);
    });

    it("does not where it threw, though HTTP says 200; and shows why", async () => {
      apply = () =>
        functionError("MigrationFailed", "run release-1.0.0: check-failed: See the failed check.");
      const { status, stdout } = await run("pipeline-aws-cli", PUBLISHED);
      expect(status).not.toBe(0);
      expect(stdout).toContain("check-failed");
    });

    it("sends nothing twice", async () => {
      apply = () => answer(500, "{}");
      expect((await run("pipeline-aws-cli", PUBLISHED)).status).not.toBe(0);
      expect(asked).toHaveLength(1);
    });
  });
});

function hasAwsCli(): boolean {
  try {
    execFileSync("aws", ["--version"], { stdio: "ignore" });
    execFileSync("jq", ["--version"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}
