import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { run } from "../../cli/run.ts";
import { hasOpenssl } from "../support/certificates.ts";
import { type Deployed, startDeployed } from "../support/deployed.ts";
import { fakeInterrupt, fakeTerminal } from "../support/fake_terminal.ts";
import { quietly } from "../support/quietly.ts";
import { expectValidReport } from "../support/report_schema.ts";
import { functionError, type Invoked, type Played, scriptedLambda } from "../support/scripted_lambda.ts";

type Verb = "apply" | "rollback" | "verify" | "status";

describe.skipIf(!(await hasOpenssl()))("invoke, with the real functions behind Lambda", () => {
  let deployed: Deployed;
  /** Events are worked on beside whoever sent them. */
  let at_work: Promise<unknown>[] = [];
  beforeAll(async () => {
    deployed = await startDeployed();
  });
  afterAll(() => deployed?.stop());
  let databases = 0;
  beforeEach(() => deployed.newDatabase(`invoked_${++databases}`));
  afterEach(async () => {
    await Promise.all(at_work);
    at_work = [];
  });

  async function play({ name, type, event }: Invoked): Promise<Played> {
    const verb = name.replace("paws-test-", "") as Verb;
    const answered = deployed.invoke(verb, event).then(
      (returns): Played => ({ returns }),
      (error: Error) => functionError(error.name, error.message),
    );
    if (type !== "Event") return answered;
    at_work.push(answered);
    return { returns: null };
  }

  async function invoke(line: string) {
    const lambda = await scriptedLambda(play);
    vi.stubEnv("AWS_ENDPOINT_URL_LAMBDA", lambda.endpoint);
    const terminal = fakeTerminal(["invoke", ...line.split(" "), "--function", "paws-test", "--json"]);
    const status = await quietly(() => run(terminal, fakeInterrupt()));
    const report = JSON.parse(terminal.out());
    expectValidReport(report);
    return { status, report, events: lambda.invoked.filter(({ type }) => type === "Event") };
  }
  const applied = async () =>
    (await deployed.query("SELECT version::int FROM schema_migrations ORDER BY 1")).flat();

  it("applies, rolls back, verifies and tells; the report is the run's own", async () => {
    const up = await invoke("apply --run-id r1 --reason first --to 5");
    expect(up).toMatchObject({
      status: 0,
      report: { command: "up", run_id: "r1", current_version: "5", replayed: false, steps: { length: 5 } },
      events: [{ event: { to: "5", run_id: "r1", reason: "first" } }],
    });
    expect(await invoke("rollback --yes")).toMatchObject({ status: 0, report: { current_version: "4" } });
    expect(await applied()).toEqual([1, 2, 3, 4]);
    expect(await invoke("verify 1 2")).toMatchObject({
      status: 0,
      report: { command: "verify", steps: { length: 2 } },
    });
    expect(await invoke("status")).toMatchObject({ status: 0, report: { current_version: "4" } });
    expect(await invoke("status --run-id r1")).toMatchObject({
      report: { command: "runs", runs: [{ run_id: "r1" }] },
    });
  });

  it("a run id that is known is told again, and no second version goes", async () => {
    expect((await invoke("apply --run-id up --to 5")).status).toBe(0);
    expect(await invoke("rollback --run-id down --yes")).toMatchObject({ status: 0, events: { length: 1 } });
    const again = await invoke("rollback --run-id down --yes");
    expect(again).toMatchObject({ status: 0, report: { replayed: true, current_version: "4" }, events: [] });
    expect(await applied()).toEqual([1, 2, 3, 4]);
    // Another request under the id of a run that went well.
    expect(await invoke("rollback --run-id down --steps 2 --yes")).toMatchObject({
      status: 2,
      report: { error: { code: "run-id-reused" } },
    });
    expect(await applied()).toEqual([1, 2, 3, 4]);
  });

  it("a run that fails is told whole, from its record, also where Lambda said one line", async () => {
    await deployed.query("CREATE SCHEMA paws360; CREATE TABLE paws360.courses ()");
    for (const way of ["", " --sync"]) {
      const { status, report } = await invoke(`apply --run-id fails${way.trim()}${way}`);
      expect(status).toBe(1);
      expect(report).toMatchObject({ command: "up", status: "failed", error: { code: "sql-error" } });
      expect(report.error.excerpt).toContain("^");
      expect(report.steps).toHaveLength(7);
    }
  });

  it("what the plan refuses is told without an event", async () => {
    expect((await invoke("apply --to 2")).status).toBe(0);
    expect(await invoke("rollback --to 5 --yes")).toMatchObject({ status: 3, events: [] });
    expect(await invoke("apply --to 99")).toMatchObject({ status: 2, events: [] });
    expect(await invoke("apply --target elsewhere")).toMatchObject({
      status: 2,
      report: { error: { code: "wrong-target" } },
    });
  });
});
