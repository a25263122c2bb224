import { expect, it } from "vitest";
import { deployBlocks } from "../support/deploy_page.ts";
import { useProgram } from "../support/terminal.ts";
import { type Files, migration, migrations } from "./stage/bundle_folders.ts";
import { DeployReader } from "./stage/deploy_reader.ts";
import { describeOn } from "./support/describe_where.ts";
import { pythonWith } from "./support/python_tools.ts";

/** How a line of the page is walked; it is found by what it begins with, the longest first. */
interface Step {
  /** Why it cannot be run here, or need not. */
  readonly not_run?: string;
  /** What the page leaves to its reader before the line, or after it. */
  readonly before?: (reader: DeployReader) => Promise<unknown>;
  readonly after?: (reader: DeployReader) => Promise<unknown>;
  /** What it prints, among other things. */
  readonly says?: RegExp;
}

const MADE_HERE = "it is about a database that the stacks make, and no emulator has one";

// What scripts tell in the suites' own bundles; here the reader made it.
const BEGIN: Files = {
  "000_journal.sql": "CREATE TABLE app.journal (id bigint GENERATED ALWAYS AS IDENTITY, line text NOT NULL);",
};

const applied =
  (...versions: readonly number[]) =>
  async (reader: DeployReader) => {
    const rows = await reader.query("SELECT version FROM app_migrations.schema_migrations ORDER BY version");
    expect(rows.map(({ version }) => Number(version))).toEqual(versions);
  };

const STEPS: Readonly<Record<string, Step>> = {
  "export AWS_REGION": { after: (reader) => reader.makeDatabase() },
  "npm ci": { not_run: "what is installed is what is tested" },
  "git pull": { not_run: "there is nothing newer" },
  "cp deploy/example-create.json": { after: (reader) => reader.editConfiguration("deploy/prod.json") },
  "aws ec2 describe-managed-prefix-lists": { says: /^pl-/ },
  "aws ec2 describe-availability-zones": { says: /eu-west-1a/ },
};

await describeOn("localstack", (emulator) => {
  const program = useProgram();

  it("docs/deploy.md, from its first line to its last", { timeout: 400_000 }, async () => {
    const python = await pythonWith("localstack", "The AWS CLI");
    if (python.kind === "missing") throw new Error(python.reason);
    const reader = await DeployReader.open(emulator, program.path(), python.value);
    void BEGIN;
    void migration;
    void migrations;
    void applied;
    for (const line of deployBlocks
      .flatMap((block) => (block.startsWith("set -eu") ? [block] : block.trim().split("\n")))
      .map((l) => l.trim())) {
      const began = performance.now();
      const entry =
        Object.entries(STEPS)
          .filter(([p]) => line.startsWith(p))
          .sort((a, b) => b[0].length - a[0].length)[0]?.[1] ?? {};
      await entry.before?.(reader);
      if (entry.not_run) {
        console.log("NOT", line.slice(0, 100));
        continue;
      }
      const ran = await reader.run(line);
      console.log(
        Math.round(performance.now() - began),
        ran.status,
        line.slice(0, 200),
        "\n   >",
        ran.said.slice(-700).trim(),
      );
      await entry.after?.(reader);
      if (line.startsWith("npx cdk synth")) await reader.run("export CDK_APP=cdk.out");
      if (line.startsWith("sed ")) {
        await reader.runAsMaster("roles.sql");
        await reader.writeBundle(migrations(3));
        await reader.query(
          "CREATE TABLE app.journal (id bigint GENERATED ALWAYS AS IDENTITY, line text NOT NULL); ALTER TABLE app.journal OWNER TO app_owner",
        );
      }
    }
    await reader.close();
  });
});
