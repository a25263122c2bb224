import { readFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loadedSource } from "#engine/bundle/loaded_source.ts";
import { runChange } from "#engine/run/change.ts";
import type { World } from "#engine/seam.ts";
import type { Environment } from "#io/target_sources.ts";
import { type Authority, hasOpenssl, makeAuthority } from "../../support/certificates.ts";
import { bundleOf, runOptions, UP } from "../../support/engine.ts";
import { type FunctionServer, startFunctionServer } from "../../support/function_server.ts";
import { functionWorld } from "../../support/function_world.ts";
import { generatedFiles } from "../../support/generated_bundle.ts";
import { type OwnServer, startOwnServer } from "../../support/own_server.ts";
import { type SecretEdge, startSecretEdge } from "../../support/secret_edge.ts";
import { startRecorder } from "../../support/sockets.ts";
import { worldOn } from "../../support/worlds.ts";

/** What one server's certificate is, and what comes of it. */
interface Case {
  readonly title: string;
  readonly code: string;
  readonly says: RegExp;
  readonly remedy: RegExp;
  readonly certificate?: () => Promise<void>;
  readonly host?: string;
  readonly trusts?: () => Authority;
  readonly plain?: boolean;
}

// test/engine/run/tls.test.ts tells where it is missing.
describe.skipIf(!(await hasOpenssl()))("a server that is not the one that was meant", () => {
  let ours: FunctionServer;
  let other: Authority;
  let plain: OwnServer;
  let edge: SecretEdge;
  beforeAll(async () => {
    [ours, other, plain, edge] = await Promise.all([
      startFunctionServer(),
      makeAuthority(),
      startOwnServer({ log_connections: "on" }),
      startSecretEdge(),
    ]);
  });
  afterAll(async () => {
    await Promise.all([ours?.stop(), other?.remove(), plain?.stop(), edge?.close()]);
  });

  const cases: readonly Case[] = [
    {
      title: "of another authority",
      trusts: () => other,
      code: "tls-untrusted",
      says: /not signed by an authority that is trusted/,
      remedy: /DB_CA_FILE/,
    },
    {
      title: "of another name",
      host: "127.0.0.1",
      code: "tls-wrong-host",
      says: /not made out to 127\.0\.0\.1/,
      remedy: /own endpoint/,
    },
    {
      title: "with a certificate that has expired",
      certificate: () => ours.authority.issueExpired("DNS:localhost"),
      code: "tls-expired",
      says: /has expired/,
      remedy: /Renew/,
    },
    {
      title: "without TLS",
      plain: true,
      code: "tls-not-offered",
      says: /offers no TLS/,
      remedy: /Switch TLS on/,
    },
  ];

  it.each(cases)("$title: refused by terminal and function, and told nothing", async (one) => {
    await (one.certificate ?? (() => ours.authority.issue("DNS:localhost")))();
    await ours.server.configure({});
    const to = one.plain ? plain : ours.server;
    const { user, password, database } = to.connection;
    edge.put("v1", { username: user, password });
    const recorder = await startRecorder(to.connection);
    const host = one.host ?? "localhost";
    const root = (one.trusts?.() ?? ours.authority).files.root;
    const log = await readFile(to.log_file, "utf8");
    const worlds: readonly World[] = [
      worldOn(
        { ...to.connection, host, port: recorder.port },
        { sslmode: "verify-full", ca: await readFile(root, "utf8") },
      ),
      functionWorld(
        ours.environment({
          DB_HOST: host,
          DB_PORT: String(recorder.port),
          DB_NAME: database,
          DB_CA_FILE: root,
        }),
      ),
    ];
    for (const world of worlds) {
      const report = await runChange(UP, loadedSource(bundleOf(generatedFiles(1))), runOptions(), world);
      expect([report.status, report.error?.code]).toEqual(["unreachable", one.code]);
      expect(report.error?.message).toMatch(one.says);
      expect(report.error?.message).toContain(`${host}:${recorder.port}`);
      expect(report.error?.remedy).toMatch(one.remedy);
      expect(JSON.stringify(report)).not.toContain(password);
    }
    await recorder.close();
    const wire = Buffer.concat(recorder.sent).toString("latin1");
    for (const word of [password, database, "application_name", "paws-migrate"]) {
      expect(wire.includes(word), word).toBe(false);
    }
    const logged = (await readFile(to.log_file, "utf8")).slice(log.length);
    expect(logged).toContain("connection received");
    expect(logged).not.toMatch(/connection (authenticated|authorized)/);
  });

  it("the right authority and the right name: a run goes through, over TLS", async () => {
    await ours.authority.issue("DNS:localhost");
    await ours.server.configure({});
    const { user, password } = ours.server.connection;
    edge.put("v7", { username: user, password });
    const environment: Environment = ours.environment();
    const log = await readFile(ours.server.log_file, "utf8");
    const report = await runChange(
      UP,
      loadedSource(bundleOf(generatedFiles(2))),
      runOptions(),
      functionWorld(environment),
    );
    expect(report.error).toBeNull();
    expect(report.steps.map((step) => step.status)).toEqual(["done", "done"]);
    const logged = (await readFile(ours.server.log_file, "utf8")).slice(log.length);
    expect(logged).toMatch(/connection authorized: .*SSL enabled/);
  });
});
