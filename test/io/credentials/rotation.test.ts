import { randomBytes } from "node:crypto";
import pg from "pg";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { loadedSource } from "#engine/bundle/loaded_source.ts";
import { runChange } from "#engine/run/change.ts";
import type { Session } from "#engine/seam.ts";
import { hasOpenssl } from "../../support/certificates.ts";
import { jsonError } from "../../support/edge_stub.ts";
import { bundleOf, runOptions, UP } from "../../support/engine.ts";
import { type FunctionServer, startFunctionServer } from "../../support/function_server.ts";
import { functionWorld } from "../../support/function_world.ts";
import { generatedFiles } from "../../support/generated_bundle.ts";
import { SECRET_ARN, type SecretEdge, secretAnswer, startSecretEdge } from "../../support/secret_edge.ts";

/** Every kind of character that a password generator of Secrets Manager uses, and more. */
const password = (): string => `${randomBytes(6).toString("hex")}!"#$%&'()*+,-./:;<=>?@[\\]^_\`{|}~ é`;

describe.skipIf(!(await hasOpenssl()))("credentials that rotate", () => {
  let ours: FunctionServer;
  let edge: SecretEdge;
  let admin: pg.Client;
  beforeAll(async () => {
    [ours, edge] = await Promise.all([startFunctionServer(), startSecretEdge()]);
    admin = new pg.Client(ours.server.connection);
    await admin.connect();
    await admin.query("CREATE ROLE one LOGIN SUPERUSER; CREATE ROLE two LOGIN SUPERUSER");
  });
  afterAll(async () => {
    await admin?.end();
    await Promise.all([ours?.stop(), edge?.close()]);
  });
  let first: string;
  beforeEach(async () => {
    first = await set("one");
    edge.put("v1", {
      username: "one",
      password: first,
      host: "ignored.example.org",
      port: 1,
      dbname: "ignored",
    });
  });

  async function set(role: string): Promise<string> {
    const secret = password();
    await admin.query(`ALTER ROLE ${role} PASSWORD ${pg.escapeLiteral(secret)}`);
    return secret;
  }
  const open = (wait_ms?: number): Promise<Session> =>
    functionWorld(ours.environment(), wait_ms).connect("rotation");
  async function userOf(session: Session): Promise<string | null | undefined> {
    const [answer] = await session.send([{ text: "SELECT session_user" }]);
    await session.close();
    return answer?.kind === "done" ? answer.results[0]?.rows[0]?.[0] : answer?.kind;
  }

  it("the version that opened a session is known; what the secret says of host and database is not used", async () => {
    const session = await open();
    expect(session.credential_version).toBe("v1");
    expect(await userOf(session)).toBe("one");
  });

  it("each connect reads anew", async () => {
    const before = edge.requests.length;
    const world = functionWorld(ours.environment());
    for (const run of ["a", "b", "c"]) await (await world.connect(run)).close();
    expect(edge.requests.length - before).toBe(3);
    expect(JSON.parse(String(edge.requests.at(-1)?.body))).toEqual({
      SecretId: SECRET_ARN,
      VersionStage: "AWSCURRENT",
    });
  });

  it("single user: the password changes first, the secret later, and the run goes through", async () => {
    const second = await set("one");
    const before = edge.requests.length;
    edge.answer((_, nth) =>
      nth - before < 2
        ? secretAnswer("v1", { username: "one", password: first })
        : secretAnswer("v2", { username: "one", password: second }),
    );
    const report = await runChange(
      UP,
      loadedSource(bundleOf(generatedFiles(2))),
      runOptions({ history_schema: "rotated" }),
      functionWorld(ours.environment()),
    );
    expect([report.status, report.error]).toEqual(["ok", null]);
    expect(edge.requests.length - before).toBeGreaterThanOrEqual(3);
    const { rows } = await admin.query("SELECT credential_version FROM rotated.schema_migration_runs");
    expect(rows).toEqual([{ credential_version: "v2" }]);
  });

  it("alternating users: the other one logs in, and the first is still let in", async () => {
    const old = await open();
    edge.put("v2", { username: "two", password: await set("two") });
    const other = await open();
    expect(other.credential_version).toBe("v2");
    expect(await userOf(other)).toBe("two");
    expect(await userOf(old)).toBe("one");
  });

  it("in the middle of a run a second session comes with the new password", async () => {
    const world = functionWorld(ours.environment());
    const session = await world.connect("middle");
    edge.put("v2", { username: "one", password: await set("one") });
    const second = await world.connect("middle");
    expect([session.credential_version, second.credential_version]).toEqual(["v1", "v2"]);
    expect([await userOf(session), await userOf(second)]).toEqual(["one", "one"]);
  });

  it("a secret that is never brought along: bounded, and its version is named", async () => {
    await set("one");
    const failed = await open(1_200).catch((error: unknown) => error);
    expect(failed).toMatchObject({
      faults: [
        {
          code: "wrong-password",
          sqlstate: "28P01",
          message: expect.stringMatching(/one@localhost:.*version v1; no newer one came in 1\.2 s/),
          remedy: expect.stringContaining("rotate the secret"),
        },
      ],
    });
    expect(JSON.stringify(failed)).not.toContain(first);
  });

  it("of several versions that are all refused, all are named", async () => {
    await set("one");
    let version = 1;
    edge.answer(() => secretAnswer(`v${Math.min(version++, 3)}`, { username: "one", password: first }));
    // All three must be refused within it, also where the machine is busy.
    await expect(open(5_000)).rejects.toMatchObject({
      faults: [{ message: expect.stringContaining("versions v1, v2, v3;") }],
    });
  });

  it("a secret that is deleted while it is waited for", async () => {
    await set("one");
    const before = edge.requests.length;
    const deleted = "You can't perform this operation on the secret because it was marked for deletion.";
    edge.answer((_, nth) =>
      nth === before
        ? secretAnswer("v1", { username: "one", password: first })
        : jsonError(400, "InvalidRequestException", deleted),
    );
    await expect(open()).rejects.toMatchObject({ faults: [{ code: "secret-deleted" }] });
  });

  it("another fault than a refused login is not waited for", async () => {
    const before = edge.requests.length;
    const world = functionWorld(ours.environment({ DB_NAME: "no_such_database" }));
    await expect(world.connect("run")).rejects.toMatchObject({ faults: [{ code: "no-such-database" }] });
    expect(edge.requests.length - before).toBe(1);
  });
});
