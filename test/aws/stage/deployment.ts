import { randomBytes } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { deploy, type Outputs } from "../support/cdk.ts";
import type { Emulator } from "../support/emulator.ts";
import { DATABASE, HISTORY_SCHEMA, LOGINS, type Login, OWNER } from "./app_database.ts";
import type { LoginSecrets } from "./login_secrets.ts";
import type { TlsServer } from "./tls_server.ts";

export const TARGET = "e2e";
export const BUNDLE = "shop";

/** Our own app, deployed. */
export interface Deployment {
  readonly outputs: Outputs;
  readonly bucket: string;
  remove(): Promise<void>;
}

/** `cdk deploy`, for a database that is there, with the CA of its own. */
export async function deployApp(
  emulator: Emulator,
  server: TlsServer,
  secrets: LoginSecrets,
): Promise<Deployment> {
  const folder = await mkdtemp(join(tmpdir(), "paws-migrate-config-"));
  const file = join(folder, "e2e.json");
  await writeFile(file, JSON.stringify(configuration(emulator, server, secrets)));
  const outputs = await deploy(emulator, { context: { config: file } });
  return {
    outputs,
    bucket: `paws-${TARGET}-bundles-${emulator.account}-${emulator.region}`,
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

const configuration = (emulator: Emulator, { server, host, ca_file }: TlsServer, secrets: LoginSecrets) => ({
  target: TARGET,
  env: { account: emulator.account, region: emulator.region },
  network: { mode: "none" },
  database: {
    mode: "existing",
    host,
    port: server.connection.port,
    name: DATABASE,
    auth: "secret",
    users: LOGINS,
    migratorSecretArn: secrets.arn("migrator"),
    readerSecretArn: secrets.arn("reader"),
    ownerRole: OWNER,
    caFile: ca_file,
  },
  history: { schema: HISTORY_SCHEMA },
  bundle: { name: BUNDLE },
  functions: { memoryMb: 512, timeoutMinutes: 1 },
  removal: "destroy",
});

export const newPasswords = (): Record<Login, string> => ({ migrator: newPassword(), reader: newPassword() });

/** With characters that a URL or a shell would take for something else. */
export const newPassword = (): string => `p'@:/%${randomBytes(9).toString("base64")}`;
