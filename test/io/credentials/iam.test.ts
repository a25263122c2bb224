import pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { connect } from "#io/connect.ts";
import { connectWithToken, iamToken } from "#io/credentials/iam.ts";
import { hasOpenssl } from "../../support/certificates.ts";
import { type FunctionServer, startFunctionServer } from "../../support/function_server.ts";
import { functionWorld } from "../../support/function_world.ts";

const WHOM = {
  hostname: "db.abc.eu-west-1.rds.amazonaws.com",
  port: 5433,
  username: "app_job",
  region: "eu-west-1",
};

beforeAll(() => {
  Object.assign(process.env, {
    AWS_ACCESS_KEY_ID: "AKIDEXAMPLE",
    AWS_SECRET_ACCESS_KEY: "planted/key+of=AWS",
    AWS_SESSION_TOKEN: "planted-session-token",
    AWS_EC2_METADATA_DISABLED: "true",
  });
});

describe("a token", () => {
  it("is for one endpoint, one user, one region, and 15 minutes", async () => {
    const url = new URL(`https://${await iamToken(WHOM)}`);
    expect(url.host).toBe(`${WHOM.hostname}:5433`);
    const get = (name: string) => url.searchParams.get(name);
    expect([get("Action"), get("DBUser"), get("X-Amz-Expires")]).toEqual(["connect", "app_job", "900"]);
    expect(get("X-Amz-Credential")).toMatch(/^AKIDEXAMPLE\/\d{8}\/eu-west-1\/rds-db\/aws4_request$/);
    expect(get("X-Amz-Signature")).toMatch(/^[0-9a-f]{64}$/);
  });

  it("without credentials: told, with no secret in it", async () => {
    const kept = { ...process.env };
    for (const name of ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"])
      delete process.env[name];
    Object.assign(process.env, { AWS_CONFIG_FILE: "/nowhere", AWS_SHARED_CREDENTIALS_FILE: "/nowhere" });
    const failed = await iamToken(WHOM).catch((error: unknown) => error);
    Object.assign(process.env, kept);
    expect(failed).toMatchObject({
      faults: [
        { code: "aws-credentials-missing", message: expect.stringContaining(`app_job@${WHOM.hostname}`) },
      ],
    });
  });
});

describe.skipIf(!(await hasOpenssl()))("IAM mode", () => {
  let ours: FunctionServer;
  let admin: pg.Client;
  beforeAll(async () => {
    ours = await startFunctionServer();
    admin = new pg.Client(ours.server.connection);
    await admin.connect();
  });
  afterAll(async () => {
    await admin?.end();
    await ours?.stop();
  });
  const environment = () => ours.environment({ DB_AUTH: "iam", DB_SECRET_ARN: "", DB_USER: "iam_job" });

  it("a token goes to the server as the password, whole", async () => {
    const { connection } = ours.server;
    const token = await iamToken({ ...WHOM, hostname: "localhost", username: "iam_job" });
    // RDS asks its own plugin; here the token of this moment is the password.
    await admin.query(`CREATE ROLE iam_job LOGIN PASSWORD ${pg.escapeLiteral(token)}`);
    const settings = { ...connection, host: "localhost", user: "iam_job", password: async () => token };
    const tls = { sslmode: "verify-full", ca: ours.authority.ca } as const;
    const session = await connectWithToken(
      () =>
        connect(
          { ...settings, ...tls, statement_timeout_ms: 0, allow_session_pooler: false },
          "iam",
          () => {},
        ),
      { ...WHOM, username: "iam_job" },
    );
    expect(session.credential_version).toBeNull();
    await session.close();
  });

  it("a refused token says what IAM authentication needs, and nothing of the token", async () => {
    const failed = await functionWorld(environment())
      .connect("iam")
      .catch((error: unknown) => error);
    expect(failed).toMatchObject({
      faults: [
        {
          code: "wrong-password",
          message: expect.stringContaining("iam_job@localhost"),
          remedy: expect.stringMatching(/GRANT rds_iam TO iam_job.*rds-db:connect/),
        },
      ],
    });
    const text = JSON.stringify(failed) + String((failed as Error).stack);
    for (const secret of ["X-Amz", "planted", "Signature"]) expect(text).not.toContain(secret);
  });
});
