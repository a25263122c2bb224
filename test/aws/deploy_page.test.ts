import { beforeAll, expect, it } from "vitest";
import { deployBlocks } from "../support/deploy_page.ts";
import { useProgram } from "../support/terminal.ts";
import { migrations } from "./stage/bundle_folders.ts";
import { DeployReader } from "./stage/deploy_reader.ts";
import { describeOn } from "./support/describe_where.ts";
import { pythonWith } from "./support/python_tools.ts";

/** How a line of the page is walked; it is found by what it begins with, the longest that does. */
interface Step {
  /** Why it cannot be run here, or need not. */
  readonly not_run?: string;
  /** What the page leaves to its reader. */
  readonly before?: (reader: DeployReader) => Promise<unknown>;
  readonly after?: (reader: DeployReader) => Promise<unknown>;
  /** What it prints, among other things. */
  readonly says?: RegExp;
}

const NOT_MADE = "it is about a database that the stack makes, and no emulator has one";

const STEPS: Readonly<Record<string, Step>> = {
  export: {},
  "npm ci": { not_run: "what is installed is what is tested" },
  "git pull": { not_run: "there is nothing newer" },
  "cp deploy/": { after: (reader) => reader.editConfiguration("deploy/prod.json") },
  "aws ec2 describe-managed-prefix-lists": {},
  "aws ec2 describe-availability-zones": { says: /eu-west-1a/ },
  // What was synthesised is taken by all that follow: to do it each time takes longer than all else.
  "npx cdk synth": {
    says: /Successfully synthesized/,
    after: (reader) => reader.run("export CDK_APP=cdk.out"),
  },
  "npx cdk bootstrap": { says: /bootstrapped/ },
  "npx cdk deploy": { says: /PawsJobStack\.ApplyFunction = paws-orders-prod-apply/ },
  "npx cdk diff": { says: /Number of stacks with differences: 0/ },
  "output()": {},
  "output DatabaseHost": { not_run: NOT_MADE },
  "output BootstrapSecurityGroup": { not_run: NOT_MADE },
  "export CONNECTION": { not_run: NOT_MADE },
  curl: { not_run: NOT_MADE },
  "sed 's/": {
    before: (reader) => reader.makeDatabase(),
    after: async (reader) => {
      await reader.runAsMaster("roles.sql");
      await reader.writeBundle(migrations(3));
    },
  },
  "aws secretsmanager get-secret-value": { not_run: NOT_MADE },
  psql: { not_run: NOT_MADE },
  "npx paws-migrate check": { says: /no errors/ },
  "npx paws-migrate publish": {},
  "npx paws-migrate invoke apply --function paws-$TARGET --published published.json --dry-run": {
    says: /3 to apply/,
    after: applied(),
  },
  "npx paws-migrate invoke apply": {
    says: /3 applied.* Run release-1\.0\.0/,
    after: applied(1, 2, 3),
  },
  "npx paws-migrate invoke status": { says: /Current Version: 3/ },
  "npx paws-migrate invoke verify": {
    before: (reader) => reader.runAsMaster("docs/roles_record.sql"),
    says: /3 verified.* Run /,
  },
  "aws logs filter-log-events": { not_run: "LocalStack's lines go elsewhere (differences.ts: log-group)" },
  "aws cloudwatch get-metric-statistics": { says: /RunDuration/ },
  "aws cloudwatch set-alarm-state": {},
  // The pipeline's two scripts.
  "set -eu\nnpx paws-migrate": {
    before: async (reader) => {
      await reader.run('export BUCKET="$(output Bucket)" RELEASE=1.1.0');
      await reader.writeBundle(migrations(4));
    },
    says: /1 applied.* Run release-1\.1\.0[\s\S]*4 verified/,
    after: applied(1, 2, 3, 4),
  },
  "set -eu\nexport AWS_MAX_ATTEMPTS=1": {
    before: (reader) => reader.run("export RELEASE=1.1.1"),
    says: /"run_id":"release-1\.1\.1","status":"ok"/,
  },
  "npx paws-migrate invoke rollback --function paws-$TARGET --steps 1 --dry-run": { says: /1 to roll back/ },
  "npx paws-migrate invoke rollback": {
    says: /1 rolled back.* Run incident-7/,
    after: applied(1, 2, 3),
  },
  "npx cdk destroy": {
    // Who has a terminal is asked.
    before: (reader) => reader.run("export CDK_FORCE=true"),
    says: /destroyed/,
  },
  "aws cloudformation update-termination-protection": {},
};

function applied(...versions: readonly number[]) {
  return async (reader: DeployReader): Promise<void> => expect(await reader.applied()).toEqual(versions);
}

const lines = deployBlocks.flatMap((block) =>
  block.startsWith("set -eu")
    ? [block.trimEnd()]
    : block
        .trim()
        .split("\n")
        .map((line) => line.trim()),
);
const keyOf = (line: string): string | undefined =>
  Object.keys(STEPS)
    .filter((key) => line.startsWith(key))
    .toSorted((a, b) => b.length - a.length)[0];

it("what is done with each line of docs/deploy.md is known", () => {
  expect(lines.filter((line) => keyOf(line) === undefined)).toEqual([]);
  const used = new Set(lines.map(keyOf));
  expect(Object.keys(STEPS).filter((key) => !used.has(key))).toEqual([]);
});

await describeOn("localstack", (emulator) => {
  const program = useProgram();
  let reader: DeployReader;
  let failed = false;

  beforeAll(async () => {
    const python = await pythonWith("localstack", "The AWS CLI");
    if (python.kind === "missing") throw new Error(python.reason);
    reader = await DeployReader.open(emulator, program.path(), python.value);
    return () => reader.close();
  });

  for (const line of lines) {
    const { not_run, before, after, says } = STEPS[keyOf(line) ?? ""] ?? {};
    const title = line.split("\n").slice(0, 2).join("; ");
    it.skipIf(not_run !== undefined)(
      `$ ${title}${not_run === undefined ? "" : ` (${not_run})`}`,
      async ({ skip }) => {
        // What follows a line that failed says nothing.
        skip(failed);
        failed = true;
        await before?.(reader);
        const { status, said } = await reader.run(line);
        expect(status, said).toBe(0);
        if (says !== undefined) expect(said).toMatch(says);
        await after?.(reader);
        failed = false;
      },
    );
  }
});
