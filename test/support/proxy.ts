import { createServer, type Socket } from "node:net";
import type { ServerConnection } from "#io/embedded/server.ts";
import { ProxyLink } from "./proxy_link.ts";

/** A message that the client sends after its login, or `from_start`. */
export interface ClientMessage {
  /** Connections are counted from 0 in the order they come, a cancel request's too. */
  readonly connection: number;
  /** Counted from 0 in each connection. */
  readonly index: number;
  /** The protocol's letter: Q, P, B, D, E, S, X, ...; "" of a startup packet. */
  readonly type: string;
  /** Of Query and Parse. */
  readonly sql: string | null;
}

/**
 * What happens to a message instead of being handed on, or once it was. All before it reaches the server in any case.
 * - `reset`: the client's connection is reset; the server sees its end.
 * - `half-close`: the server sees the client's end, and the client waits on for answers, which reach it.
 * - `half-close-client`: the client sees the server's end; what it has sent reaches the server, this message too.
 * - `freeze`: nothing passes any more, either way; both connections stay open.
 * - `drop-reply`: the server gets it and answers; the client is reset in place of the answer. Nothing after it
 *   reaches the server. Answers to earlier messages reach the client.
 * - `hold_ms`: it and all after it wait so long, then go on, also when the client has gone.
 * - `reset_until`: the client is reset at once, and the message goes on when that is resolved.
 */
export type Cut =
  | Break
  | "drop-reply"
  | { readonly hold_ms: number }
  | { readonly reset_until: Promise<void> };

/** A cut that may also come right after a message. */
export type Break = "reset" | "freeze" | "half-close" | "half-close-client";

/** What is cut at a message; what it waits for happens before anything else of the connection. */
type Asked<Kind> = (message: ClientMessage) => Kind | undefined | Promise<Kind | undefined>;

export interface ProxyOptions {
  /** Each way, so twice this is the round trip. May be a fraction. */
  readonly one_way_ms?: number;
  /** Asked before a message is handed on. */
  readonly cut?: Asked<Cut>;
  /** Asked once a message was handed on, before its answer can have come. */
  readonly cut_after?: Asked<Break>;
  /** The login's messages are told and may be cut too. */
  readonly from_start?: boolean;
  /** The pid that BackendKeyData tells is another than pg_backend_pid(), as with a transaction pooler. */
  readonly other_backend_pid?: boolean;
  /** Startup parameters that are refused with 08P01, as a pooler refuses `options`. */
  readonly refused_parameters?: readonly string[];
  /** ParameterStatus values to tell instead: `{ server_version: "13.9" }`. */
  readonly parameters?: Readonly<Record<string, string>>;
  /** Fields of rows to tell instead, by their whole value: `{ "180004": "130009" }`. */
  readonly values?: Readonly<Record<string, string>>;
}

export interface Counts {
  /** Times that the client sent something after it had received something: its round trips. */
  readonly turns: number;
  /** Messages of the client after its login. */
  readonly messages: number;
  /** Connections opened. */
  readonly connections: number;
}

export interface FaultProxy {
  readonly host: string;
  readonly port: number;
  /** `connection`, but through the proxy. */
  through<Config extends ServerConnection>(connection: Config): Config;
  /** Since the start, or since the last `zero()`. */
  counts(): Counts;
  zero(): void;
  /** Ends all connections. */
  close(): Promise<void>;
}

/** A proxy in front of `target` that understands the messages and does what `options` say. */
export async function startProxy(
  target: { readonly host: string; readonly port: number },
  options: ProxyOptions = {},
): Promise<FaultProxy> {
  const links = new Set<ProxyLink>();
  const counts = { turns: 0, messages: 0, connections: 0 };
  // A cancel request names the pid that its client was told.
  const pids = new Map<number, number>();
  let accepted = 0;
  // The client's end is not the server's: a held message goes on after it.
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (client: Socket) => {
    counts.connections++;
    const link = new ProxyLink({ client, target, options, counts, pids, number: accepted++ });
    links.add(link);
    void link.closed.then(() => links.delete(link));
  });
  const port = await new Promise<number>((resolve, reject) => {
    server.on("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      if (address !== null && typeof address === "object") resolve(address.port);
    });
  });
  return {
    host: "127.0.0.1",
    port,
    through: (connection) => ({ ...connection, host: "127.0.0.1", port }),
    counts: () => ({ ...counts }),
    zero: () => Object.assign(counts, { turns: 0, messages: 0, connections: 0 }),
    close: async () => {
      for (const link of links) link.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
