import { expect, it } from "vitest";
import { AppDatabase } from "./stage/app_database.ts";
import { newPasswords } from "./stage/deployment.ts";
import { processOf } from "./stage/function_process.ts";
import { closeGate } from "./stage/gate.ts";
import { startTlsServer } from "./stage/tls_server.ts";
import { appliedTo, runsOf, truthOf } from "./stage/truth.ts";

it("probe", async () => {
  let t = performance.now();
  const lap = (w: string) => {
    const n = performance.now();
    console.log(w, Math.round(n - t));
    t = n;
  };
  const server = await startTlsServer("127.0.0.1");
  lap("server");
  const db = await AppDatabase.create(server.server.connection, newPasswords());
  lap("create");
  await db.reset();
  lap("reset");
  await db.reset();
  lap("reset");
  expect(await truthOf(db)).toEqual(appliedTo(0));
  expect(await runsOf(db)).toEqual([]);
  const gate = await closeGate(db, "up", 2);
  const other = await db.connect();
  const q = other.query("SELECT pg_advisory_lock(7001,2)");
  const b = await gate.arrived();
  console.log(b);
  lap("gate");
  expect(await processOf(b, server.server.connection.port)).toBe(process.pid);
  lap("process");
  await gate.open();
  await q;
  await other.end();
  await server.stop();
});
