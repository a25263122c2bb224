import { readFile, writeFile } from "node:fs/promises";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { loadedSource } from "#engine/bundle/loaded_source.ts";
import { runChange } from "#engine/run/change.ts";
import { readStatus } from "#engine/run/status.ts";
import type { Session } from "#engine/seam.ts";
import { type ConnectionSettings, connect, type SslMode } from "#io/connect.ts";
import { type Authority, hasOpenssl, makeAuthority } from "../../support/certificates.ts";
import { bundleOf, runOptions, UP } from "../../support/engine.ts";
import { generatedFiles } from "../../support/generated_bundle.ts";
import { type OwnServer, startOwnServer } from "../../support/own_server.ts";
import { startRecorder } from "../../support/sockets.ts";
import { worldOn } from "../../support/worlds.ts";

const openssl = await hasOpenssl();
if (!openssl) {
  const message = "openssl is not on this machine: the suite on TLS does not run.";
  if (!["", "0", "false"].includes(process.env.CI ?? "")) throw new Error(message);
  process.stderr.write(`\nSKIPPED  ${message}\n\n`);
}

describe.skipIf(!openssl)("TLS", () => {
  let ours: Authority;
  let other: Authority;
  let server: OwnServer;
  let plain: OwnServer;
  beforeAll(async () => {
    [ours, other] = await Promise.all([makeAuthority(), makeAuthority()]);
    await ours.issue("DNS:localhost", "DNS:db.example.org");
    const { certificate, key } = ours.files;
    [server, plain] = await Promise.all([
      startOwnServer({ ssl: "on", ssl_cert_file: certificate, ssl_key_file: key }),
      startOwnServer(),
    ]);
  });
  afterAll(async () => {
    await Promise.all([server?.stop(), plain?.stop()]);
    await Promise.all([ours?.remove(), other?.remove()]);
  });

  const open: Session[] = [];
  afterEach(async () => {
    await Promise.all(open.splice(0).map((session) => session.close()));
  });

  const settings = (more: Partial<ConnectionSettings>, to: OwnServer = server): ConnectionSettings => ({
    ...to.connection,
    password: async () => to.connection.password,
    sslmode: "verify-full",
    ca: ours.ca,
    statement_timeout_ms: 0,
    allow_session_pooler: false,
    ...more,
  });
  async function session(given: ConnectionSettings): Promise<Session> {
    const opened = await connect(given, "tls", () => {});
    open.push(opened);
    return opened;
  }
  async function isEncrypted(given: ConnectionSettings): Promise<string | null | undefined> {
    const opened = await session(given);
    const [answer] = await opened.send([
      { text: "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()" },
    ]);
    return answer?.kind === "done" ? answer.results[0]?.rows[0]?.[0] : answer?.kind;
  }

  it.each<[string, SslMode, boolean, string, "server" | "plain", string]>([
    ["the right authority and host", "verify-full", true, "localhost", "server", "t"],
    ["require, whoever it is", "require", false, "127.0.0.1", "server", "t"],
    ["prefer, where the server has it", "prefer", false, "127.0.0.1", "server", "t"],
    ["prefer, where it has not", "prefer", false, "127.0.0.1", "plain", "f"],
    ["disable", "disable", false, "127.0.0.1", "server", "f"],
  ])("%s: connects", async (_, sslmode, withCa, host, which, encrypted) => {
    const to = which === "server" ? server : plain;
    const ca = withCa ? ours.ca : null;
    expect(await isEncrypted(settings({ sslmode, host, ca }, to))).toBe(encrypted);
  });

  it.each<[string, SslMode, () => string | null, string, "server" | "plain", string, RegExp]>([
    ["a wrong authority", "verify-full", () => other.ca, "localhost", "server", "tls-untrusted", /trusted/],
    ["none but the system's", "verify-full", () => null, "localhost", "server", "tls-untrusted", /trusted/],
    ["a ca that is none", "verify-full", () => "no", "localhost", "server", "tls-untrusted", /trusted/],
    [
      "a wrong host name",
      "verify-full",
      () => ours.ca,
      "127.0.0.1",
      "server",
      "tls-wrong-host",
      /127\.0\.0\.1/,
    ],
    ["a server without TLS", "verify-full", () => ours.ca, "localhost", "plain", "tls-not-offered", /no TLS/],
    ["without TLS, with require", "require", () => null, "127.0.0.1", "plain", "tls-not-offered", /no TLS/],
  ])("%s: refused", async (_, sslmode, ca, host, which, code, says) => {
    const to = which === "server" ? server : plain;
    const connection = { ...to.connection, host };
    const tls = { sslmode, ca: ca() };
    for (const report of [
      await runChange(UP, loadedSource(bundleOf(generatedFiles(1))), runOptions(), worldOn(connection, tls)),
      await readStatus(loadedSource(bundleOf(generatedFiles(1))), runOptions(), worldOn(connection, tls)),
    ]) {
      expect([report.status, report.error?.code]).toEqual(["unreachable", code]);
      expect(report.error?.message).toMatch(says);
      expect(JSON.stringify(report)).not.toContain(to.connection.password);
    }
  });

  it("a certificate for the address is accepted by it, and by its name no more", async () => {
    await ours.issue("IP:127.0.0.1");
    await server.configure({});
    expect(await isEncrypted(settings({ host: "127.0.0.1" }))).toBe("t");
    await expect(session(settings({ host: "localhost" }))).rejects.toMatchObject({
      faults: [{ code: "tls-wrong-host" }],
    });
    await ours.issue("DNS:localhost");
    await server.configure({});
    expect(await isEncrypted(settings({ host: "localhost" }))).toBe("t");
  });

  it("a whole run goes through it, and neither SQL nor password can be read on the wire", async () => {
    const recorder = await startRecorder(server.connection);
    const connection = { ...server.connection, host: "localhost", port: recorder.port };
    const tls = { sslmode: "verify-full", ca: ours.ca } as const;
    const report = await runChange(
      UP,
      loadedSource(bundleOf(generatedFiles(3))),
      runOptions(),
      worldOn(connection, tls),
    );
    await recorder.close();
    expect(report.error).toBeNull();
    expect(report.steps.map((step) => step.status)).toEqual(["done", "done", "done"]);
    const wire = Buffer.concat(recorder.sent).toString("latin1");
    for (const word of [server.connection.password, "CREATE TABLE", "schema_migrations", "SELECT"]) {
      expect(wire.includes(word), word).toBe(false);
    }
  });

  it("a CancelRequest goes through it too, and cancels", async () => {
    const recorder = await startRecorder(server.connection);
    const opened = await session(settings({ host: "localhost", port: recorder.port }));
    const looker = await session(settings({ host: "localhost" }));
    const sleeping = opened.send([{ text: "SELECT pg_sleep(300)" }]);
    const asleep = { text: "SELECT FROM pg_stat_activity WHERE wait_event = 'PgSleep'" };
    await expect
      .poll(async () => (await looker.send([asleep]))[0])
      .toMatchObject({ kind: "done", results: [{ row_count: 1 }] });
    await opened.cancel();
    expect(await sleeping).toMatchObject([{ kind: "error", error: { sqlstate: "57014" } }]);
    const [, cancel] = recorder.sent;
    // An SSLRequest, then TLS: no CancelRequest (80877102) in the clear.
    expect(cancel?.readInt32BE(4)).toBe(80877103);
    expect(cancel?.includes(Buffer.from([0x04, 0xd2, 0x16, 0x2e]))).toBe(false);
    await opened.close();
    await recorder.close();
  });

  it("a server that wants TLS says so to who comes without", async () => {
    const file = `${server.data_directory}/pg_hba.conf`;
    const before = await readFile(file, "utf8");
    await writeFile(file, "hostssl all all 127.0.0.1/32 scram-sha-256\n");
    await server.configure({});
    await expect(session(settings({ sslmode: "disable" }))).rejects.toMatchObject({
      faults: [{ code: "wrong-password", remedy: expect.stringContaining("--sslmode require") }],
    });
    expect(await isEncrypted(settings({ sslmode: "prefer", ca: null }))).toBe("t");
    await writeFile(file, before);
    await server.configure({});
  });
});
