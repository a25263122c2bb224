import { createServer, type Server } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { hasOpenssl } from "../support/certificates.ts";
import { type Deployed, isSecret, startDeployed } from "../support/deployed.ts";
import { type EdgeAnswer, type EdgeRequest, jsonError } from "../support/edge_stub.ts";
import { startLoopTime } from "../support/loop_time.ts";
import { quietly } from "../support/quietly.ts";
import { secretAnswer } from "../support/secret_edge.ts";

const NEVER: EdgeAnswer = { kind: "never" };
const arn = (name: string) => `arn:aws:secretsmanager:eu-west-1:123456789012:secret:${name}-AbCdEf`;
const names = (request: EdgeRequest, secret: string): boolean => request.body.toString().includes(secret);

type Case = readonly [env: Readonly<Record<string, string>>, code: string];

/** Half of it is the run's. */
const REMAINING_MS = 12_000;

/** What keeps silent or refuses, of a function that has so little left, and what it ends with. */
const CASES: Readonly<Record<string, Case>> = {
  "a secret that is never told": [{ DB_SECRET_ARN: arn("silent") }, "secret-unreachable"],
  "a secret whose login is refused": [{ DB_SECRET_ARN: arn("stale") }, "wrong-password"],
  "a database that never answers": [{ DB_PORT: "silent" }, "unreachable"],
  "a bucket that never answers, behind a secret that was late": [
    { DB_SECRET_ARN: arn("late") },
    "s3-timeout",
  ],
  "a secret that takes the whole run's time": [{ DB_SECRET_ARN: arn("later") }, "deadline"],
  "an event bus that never answers": [
    { DB_SECRET_ARN: arn("absent"), EVENT_BUS_ARN: "arn:aws:events:eu-west-1:123456789012:event-bus/runs" },
    "secret-absent",
  ],
};

describe.skipIf(!(await hasOpenssl()))("with few seconds left, the function ends by itself", () => {
  let deployed: Deployed;
  let silent: Server;
  const ended = new Map<string, { readonly error: unknown; readonly left_ms: number }>();

  beforeAll(async () => {
    silent = createServer(() => {});
    await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
    const port = String((silent.address() as { port: number }).port);
    deployed = await startDeployed();
    await deployed.newDatabase("little_time");
    const login = secretAnswer("secret-v1", { username: "job", password: deployed.password });
    let laterTries = 0;
    deployed.break((request) => {
      if (!isSecret(request)) return NEVER;
      if (names(request, arn("silent"))) return NEVER;
      if (names(request, arn("stale"))) return secretAnswer("v1", { username: "job", password: "old" });
      if (names(request, arn("late"))) return { kind: "late", after_ms: 1_000, answer: login };
      // Of the first try nothing is heard for 5 s.
      if (names(request, arn("later")))
        return laterTries++ === 0
          ? NEVER
          : { kind: "late", after_ms: REMAINING_MS / 2 - 4_800, answer: login };
      return names(request, arn("absent")) ? jsonError(400, "ResourceNotFoundException", "absent") : null;
    });
    const play = async (name: string, [env]: Case): Promise<void> => {
      const time = startLoopTime();
      const own = env.DB_PORT === "silent" ? { ...env, DB_PORT: port } : env;
      const error: unknown = await deployed
        .invoke("apply", { run_id: "hurried" }, { remaining_ms: REMAINING_MS, env: own })
        .catch((thrown: unknown) => thrown);
      ended.set(name, { error, left_ms: REMAINING_MS - time.passed_ms() });
      time.stop();
    };
    await quietly(() => Promise.all(Object.entries(CASES).map(([name, one]) => play(name, one))));
    deployed.break(null);
  });
  afterAll(async () => {
    silent?.close();
    await deployed?.stop();
  });

  it.each(Object.entries(CASES))("%s", (name, [, code]) => {
    const { error, left_ms } = ended.get(name) ?? { error: null, left_ms: 0 };
    expect((error as Error).message).toMatch(new RegExp(`^run hurried: ${code}: `));
    // Lambda would have killed it at 0.
    expect(left_ms).toBeGreaterThan(0);
  });
});
