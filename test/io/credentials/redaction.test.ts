import pg from "pg";
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, type MockInstance, vi } from "vitest";
import { loadedSource } from "#engine/bundle/loaded_source.ts";
import { runChange } from "#engine/run/change.ts";
import type { World } from "#engine/seam.ts";
import { hasOpenssl, makeAuthority } from "../../support/certificates.ts";
import { jsonError } from "../../support/edge_stub.ts";
import { bundleOf, runOptions, UP } from "../../support/engine.ts";
import { type FunctionServer, startFunctionServer } from "../../support/function_server.ts";
import { functionWorld } from "../../support/function_world.ts";
import { type SecretEdge, secretAnswer, startSecretEdge } from "../../support/secret_edge.ts";

/** The whole of ASCII that can be printed, twice over, and beyond it. */
const PASSWORD = `planted ${String.fromCharCode(...Array.from({ length: 94 }, (_, i) => 33 + i))} ☃`;
/** As it would look when it were carried by something else. */
const FORMS = [
  PASSWORD,
  JSON.stringify(PASSWORD).slice(1, -1),
  JSON.stringify(JSON.stringify(PASSWORD)).slice(1, -1),
  encodeURIComponent(PASSWORD),
  Buffer.from(PASSWORD).toString("base64"),
  Buffer.from(PASSWORD).toString("hex"),
  // A part of it is too much.
  "planted",
];

const openssl = await hasOpenssl();
let ours: FunctionServer;
let edge: SecretEdge;
let admin: pg.Client;
beforeAll(async () => {
  if (!openssl) return;
  [ours, edge] = await Promise.all([startFunctionServer(), startSecretEdge()]);
  admin = new pg.Client(ours.server.connection);
  await admin.connect();
  await admin.query(`CREATE ROLE job LOGIN SUPERUSER PASSWORD ${pg.escapeLiteral(PASSWORD)}`);
});
afterAll(async () => {
  await admin?.end();
  await Promise.all([ours?.stop(), edge?.close()]);
});

let written: MockInstance<typeof process.stdout.write>[];
beforeEach(() => {
  written = [process.stdout, process.stderr].map((stream) => vi.spyOn(stream, "write").mockReturnValue(true));
});
afterEach(() => vi.restoreAllMocks());

/** Runs, and looks through all that comes of it. */
async function run(world: World & { readonly events: unknown }, wanted: string | null): Promise<void> {
  const bundle = loadedSource(bundleOf({ "1_one.sql": "SELECT 1;", "2_two.sql": "SELECT 1 / 0;" }));
  const report = await runChange(UP, bundle, runOptions({ history_schema: "redacted" }), world);
  expect(report.error?.code ?? null).toBe(wanted);
  const error: unknown = await world.connect("again").then(
    (session) => session.close(),
    (thrown: unknown) => thrown,
  );
  const streams = written.flatMap((stream) => stream.mock.calls.map(([text]) => String(text)));
  const stack = error instanceof Error ? `${error.message}${error.stack}` : "";
  const all = [
    JSON.stringify(report),
    JSON.stringify(world.events),
    JSON.stringify(error ?? null),
    stack,
    ...streams,
  ];
  for (const form of [...FORMS, String(process.env.AWS_SECRET_ACCESS_KEY)]) {
    expect(
      all.filter((text) => text.includes(form)),
      form,
    ).toEqual([]);
  }
}

const good = () => secretAnswer("v1", { username: "job", password: PASSWORD });

it.skipIf(!openssl)("a run that connects, and fails", async () => {
  edge.answer(good());
  await run(functionWorld(ours.environment()), "sql-error");
});

it.skipIf(!openssl)("a refused login", async () => {
  edge.answer(secretAnswer("v1", { username: "job", password: `${PASSWORD}!` }));
  await run(functionWorld(ours.environment(), 0), "wrong-password");
});

it.skipIf(!openssl)("a database that is not there", async () => {
  edge.answer(good());
  await run(functionWorld(ours.environment({ DB_NAME: "nowhere" })), "no-such-database");
});

it.skipIf(!openssl)("a server that is not trusted", async () => {
  edge.answer(good());
  const other = await makeAuthority();
  await run(functionWorld(ours.environment({ DB_CA_FILE: other.files.root })), "tls-untrusted");
  await other.remove();
});

it.skipIf(!openssl).each([
  ["half of its JSON", `{"username":"job","password":${JSON.stringify(PASSWORD)}`],
  ["the password as a key", { username: "job", [PASSWORD]: 1 }],
  ["the password as the name of the user, and none", { username: PASSWORD }],
])("a secret with %s", async (_, value) => {
  edge.answer(secretAnswer("v1", value));
  await run(functionWorld(ours.environment()), "secret-malformed");
});

it.skipIf(!openssl)("Secrets Manager that does not allow it", async () => {
  edge.answer(jsonError(400, "AccessDeniedException", "not authorized"));
  await run(functionWorld(ours.environment()), "secret-not-permitted");
});
