import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { run } from "../../cli/run.ts";
import { jsonError } from "../support/edge_stub.ts";
import { fakeInterrupt, fakeTerminal } from "../support/fake_terminal.ts";
import { expectValidReport } from "../support/report_schema.ts";
import { SAMPLE_ATTEMPT, sampleHead, sampleRun, sampleStep, stepNotRun } from "../support/sample_reports.ts";
import {
  functionError,
  type Invoked,
  lambdaEnvironment,
  type Played,
  scriptedLambda,
} from "../support/scripted_lambda.ts";
import { useProgram } from "../support/terminal.ts";

const program = useProgram();

beforeAll(() => {
  for (const name of ["AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"]) vi.stubEnv(name, "/dev/null");
  for (const name of ["AWS_PROFILE", "AWS_SESSION_TOKEN"]) vi.stubEnv(name, undefined);
});
afterAll(() => void vi.unstubAllEnvs());

const report = (run_id: unknown) => ({
  command: "up",
  ...SAMPLE_ATTEMPT,
  ...sampleHead({ run_id: String(run_id), steps: [sampleStep("001", "initial_schema")] }),
});
const plan = {
  command: "plan",
  of: "up",
  plan_digest: "0".repeat(64),
  details: [],
  ...sampleHead({ run_id: null, steps: [stepNotRun("001", "initial_schema")] }),
};

/** Functions whose runs end at once, and well. */
let aws: (invoked: Invoked) => Played;
beforeEach(() => {
  aws = ({ name, event }) => {
    if (event.dry_run === true) return { returns: plan };
    if (name !== "paws-prod-status") return { returns: report(event.run_id) };
    const done = { ...sampleRun({ run_id: String(event.run_id) }), report: report(event.run_id), events: [] };
    return { returns: { command: "runs", ...sampleHead({ run_id: null }), runs: [done] } };
  };
});

async function invoke(
  line: string,
  surroundings: { readonly attended?: boolean; readonly cwd?: string } = {},
) {
  const lambda = await scriptedLambda((invoked) => aws(invoked));
  const env = lambdaEnvironment(lambda.endpoint);
  for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
  const words = ["invoke", ...line.split(" "), "--function", "paws-prod"];
  const terminal = fakeTerminal(words, { env, ...surroundings });
  const interrupt = fakeInterrupt();
  const ended = run(terminal, interrupt);
  return { lambda, terminal, interrupt, ended };
}

describe("a change", () => {
  it("tells its run id first, and ends with the run's report", async () => {
    const { lambda, terminal, ended } = await invoke("apply --to 5");
    expect(await ended).toBe(0);
    const [, id = ""] = /^run (\S+)$/m.exec(terminal.err()) ?? [];
    expect(terminal.err().indexOf(`run ${id}`)).toBe(0);
    expect(lambda.invoked.map(({ name, qualifier, type }) => `${name}:${qualifier} ${type}`)).toEqual([
      "paws-prod-apply:live RequestResponse",
      "paws-prod-apply:live Event",
      "paws-prod-status:live RequestResponse",
    ]);
    expect(lambda.invoked[1]?.event).toEqual({ to: "5", run_id: id, requested_by: expect.any(String) });
    expect(terminal.out()).toMatch(/001 +initial_schema +done/);
    expect(terminal.out()).toContain(`Run ${id}.`);
  });

  it("--json is the function's report alone", async () => {
    const { terminal, ended } = await invoke("apply --json --run-id r --sync");
    expect(await ended).toBe(0);
    expect(JSON.parse(terminal.out())).toEqual(report("r"));
  });

  it("--dry-run is a plan", async () => {
    const { lambda, terminal, ended } = await invoke("rollback --dry-run");
    expect(await ended).toBe(0);
    expect(lambda.invoked).toHaveLength(1);
    expect(terminal.out()).toContain("Nothing was changed");
  });

  it("--quiet says nothing when it went well", async () => {
    const { terminal, ended } = await invoke("apply --quiet");
    expect(await ended).toBe(0);
    expect(terminal.out() + terminal.err()).toBe("");
  });

  it("a rollback on a terminal is asked for", async () => {
    const { lambda, terminal, ended } = await invoke("rollback", { attended: true });
    await terminal.said(/Roll back\?/);
    terminal.type("n\n");
    expect(await ended).toBe(130);
    expect(lambda.invoked.map(({ event }) => event.dry_run)).toEqual([true]);
  });

  it("interrupted, it goes on: how to look at it is said", async () => {
    const usual = aws;
    aws = (invoked) => {
      if (invoked.name !== "paws-prod-status") return usual(invoked);
      setImmediate(() => interrupt.come("SIGTERM"));
      const open = sampleRun({ run_id: "r", status: "running", finished_at: null, alive: true });
      return {
        returns: { command: "runs", ...sampleHead({ run_id: null }), runs: [{ ...open, events: [] }] },
      };
    };
    const { terminal, interrupt, ended } = await invoke("apply --json");
    expect(await ended).toBe(143);
    const { run_id, error } = JSON.parse(terminal.out());
    expect(error.remedy).toContain(
      `paws-migrate invoke status --function paws-prod-status --run-id ${run_id}`,
    );
  });
});

describe("the exit status", () => {
  it.each([
    ["MigrationFailed", 1],
    ["MigrationBadInput", 2],
    ["MigrationRefused", 3],
    ["MigrationBusy", 4],
    ["MigrationUnreachable", 5],
    ["MigrationIncomplete", 6],
    ["MigrationUnknown", 7],
    ["MigrationInternal", 70],
    ["MigrationInterrupted", 130],
    ["Runtime.ExitError", 7],
    ["Error", 7],
  ])("of %s is %i, for each verb", async (errorType, status) => {
    for (const line of ["verify", "status", "apply", "rollback"]) {
      aws = () => functionError(errorType, "run r: x: words");
      const { terminal, ended } = await invoke(`${line} --json`);
      expect(await ended, line).toBe(status);
      expectValidReport(JSON.parse(terminal.out()));
    }
  });

  it("of an answer that is no report is 7", async () => {
    for (const returns of [null, "ok", {}, { statusCode: 200 }, report("r")]) {
      aws = () => ({ returns });
      expect(await (await invoke("verify")).ended).toBe(7);
      expect(await (await invoke("status")).ended).toBe(7);
    }
  });

  it("of a run that is not recorded is 2", async () => {
    aws = () => ({ returns: { command: "runs", ...sampleHead({ run_id: null }), runs: [] } });
    const { terminal, ended } = await invoke("status --run-id absent");
    expect(await ended).toBe(2);
    expect(terminal.err()).toContain("No run absent is recorded");
  });

  it("of a function that is not there is 5", async () => {
    aws = () => jsonError(404, "ResourceNotFoundException", "Function not found: paws-prod-apply:live");
    const { terminal, ended } = await invoke("apply");
    expect(await ended).toBe(5);
    expect(terminal.err()).toContain("[function-absent]");
  });
});

it("what is wrong with the words is told without Lambda", async () => {
  const { lambda, terminal, ended } = await invoke("status --to 5 --host h --json");
  expect(await ended).toBe(2);
  const told = JSON.parse(terminal.out());
  expect(told).toMatchObject({ command: "invoke", refusals: [{}, {}] });
  expectValidReport(told);
  expect(lambda.invoked).toEqual([]);
});

it("an event's file is sent as it is", async () => {
  const cwd = program.folder();
  writeFileSync(join(cwd, "e.json"), JSON.stringify({ run_id: "r", steps: 1, reason: "back" }));
  const { lambda, ended } = await invoke("rollback --event e.json --sync", { cwd });
  aws = ({ event }) => ({ returns: { ...report(event.run_id), command: "rollback" } });
  expect(await ended).toBe(0);
  expect(lambda.invoked.at(-1)?.event).toEqual({ run_id: "r", steps: 1, reason: "back" });
});

it("no secret of the surroundings is shown", async () => {
  aws = () => functionError("MigrationFailed", "run r: sql-error: planted-secret-key");
  const { terminal, ended } = await invoke("verify --verbose");
  expect(await ended).toBe(1);
  expect(terminal.out() + terminal.err()).toContain("***");
  expect(terminal.out() + terminal.err()).not.toContain("planted-secret-key");
});

it("the built program reaches Lambda by AWS_ENDPOINT_URL, and needs no database", async () => {
  const lambda = await scriptedLambda((invoked) => aws(invoked));
  const { status, stdout } = await program.run(["invoke", "apply", "--function", "paws-prod", "--json"], {
    env: lambdaEnvironment(lambda.endpoint),
  });
  expect(status).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ command: "up", status: "ok" });
});
