import { randomBytes } from "node:crypto";
import type { Bundle } from "#engine/bundle/bundle.ts";
import { loadedSource } from "#engine/bundle/loaded_source.ts";
import type { ChangeReport } from "#engine/report.ts";
import type { ChangeRequest, RunOptions } from "#engine/request.ts";
import { runChange } from "#engine/run/change.ts";
import type { ConnectionSettings } from "#io/connect.ts";
import { onServer, type TestDatabase } from "./database.ts";
import { runOptions, UP, worldFor } from "./engine.ts";

/** A login of a test's own, with nothing granted. */
export interface TestRole {
  readonly name: string;
  /** What a connection must be told to come as this role. */
  readonly settings: Partial<ConnectionSettings>;
  /** After the databases in which it owns something are gone. */
  drop(): Promise<void>;
}

export async function createRole(options = "LOGIN"): Promise<TestRole> {
  const name = `r_${randomBytes(5).toString("hex")}`;
  const password = randomBytes(12).toString("hex");
  await onServer(`CREATE ROLE ${name} ${options} PASSWORD '${password}'`);
  return {
    name,
    settings: { user: name, password: async () => password },
    drop: async () => void (await onServer(`DROP OWNED BY ${name}; DROP ROLE ${name}`)),
  };
}

/** As `run`, but logged in as `role`; as the server's superuser where that is null. */
export function runAs(
  db: TestDatabase,
  role: TestRole | null,
  bundle: Bundle,
  request: ChangeRequest = UP,
  more: Partial<RunOptions> = {},
): Promise<ChangeReport> {
  return runChange(request, loadedSource(bundle), runOptions(more), worldFor(db, role?.settings ?? {}));
}
