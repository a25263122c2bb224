import type { Environment } from "#io/target_sources.ts";
import { type Authority, makeAuthority } from "./certificates.ts";
import { type OwnServer, startOwnServer } from "./own_server.ts";
import { SECRET_ARN } from "./secret_edge.ts";

/** A server with TLS, under an authority of its own, as a function meets it. */
export interface FunctionServer {
  readonly server: OwnServer;
  readonly authority: Authority;
  /** What a function in secret mode is told; a variable that is undefined is not set. */
  environment(more?: Environment): Environment;
  stop(): Promise<void>;
}

export async function startFunctionServer(): Promise<FunctionServer> {
  const authority = await makeAuthority();
  await authority.issue("DNS:localhost");
  const { certificate, key, root } = authority.files;
  const server = await startOwnServer({
    ssl: "on",
    ssl_cert_file: certificate,
    ssl_key_file: key,
    log_connections: "on",
  });
  return {
    server,
    authority,
    environment: (more = {}) => ({
      AWS_REGION: "eu-west-1",
      PAWS_TARGET: "orders-test",
      DB_HOST: "localhost",
      DB_PORT: String(server.connection.port),
      DB_NAME: server.connection.database,
      DB_AUTH: "secret",
      DB_SECRET_ARN: SECRET_ARN,
      DB_CA_FILE: root,
      BUNDLE_BUCKET: "bundles-of-a-test",
      ...more,
    }),
    stop: async () => {
      await server.stop();
      await authority.remove();
    },
  };
}
