import { isIP } from "node:net";
import { type Authority, makeAuthority } from "../../support/certificates.ts";
import { type OwnServer, startOwnServer } from "../../support/own_server.ts";

/** A PostgreSQL with TLS, under an authority of its own, that functions reach as `host`. */
export interface TlsServer {
  readonly server: OwnServer;
  readonly host: string;
  /** PEM file of the authority's root. */
  readonly ca_file: string;
  stop(): Promise<void>;
}

export async function startTlsServer(host: string): Promise<TlsServer> {
  const authority: Authority = await makeAuthority();
  await authority.issue(isIP(host) === 0 ? `DNS:${host}` : `IP:${host}`);
  const { certificate, key, root } = authority.files;
  const server = await startOwnServer({
    ssl: "on",
    ssl_cert_file: certificate,
    ssl_key_file: key,
    max_connections: "100",
  });
  return {
    server,
    host,
    ca_file: root,
    stop: async () => {
      await server.stop();
      await authority.remove();
    },
  };
}
