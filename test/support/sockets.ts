import { connect as connectTcp, createServer, type Socket } from "node:net";
import { freePort } from "#io/embedded/free_port.ts";
import { FrameReader } from "./proxy_frames.ts";
import { fatal, requestOf, startupParameters } from "./proxy_messages.ts";

/** Something that listens, and is no PostgreSQL, or not quite. */
export interface Listener {
  readonly host: string;
  readonly port: number;
  close(): Promise<void>;
}

export async function listen(onConnection: (socket: Socket) => void): Promise<Listener> {
  const open = new Set<Socket>();
  const server = createServer((socket) => {
    open.add(socket);
    socket.on("error", () => {});
    socket.on("close", () => open.delete(socket));
    onConnection(socket);
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
    close: async () => {
      for (const socket of open) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** A host that nobody knows, and about which no name server is asked: a part of a name has 63 letters at most. */
export const NO_HOST = `${"x".repeat(64)}.invalid`;

/** A port on which nothing listens. */
export const closedPort = freePort;

interface Target {
  readonly host: string;
  readonly port: number;
}

/** Hands on everything and keeps what the clients sent, a buffer each connection. */
export async function startRecorder(target: Target): Promise<Listener & { readonly sent: Buffer[] }> {
  const sent: Buffer[] = [];
  const listener = await listen((client) => {
    const number = sent.push(Buffer.alloc(0)) - 1;
    const server = connectTcp(target.port, target.host);
    server.on("error", () => client.destroy());
    client.on("data", (chunk) => {
      sent[number] = Buffer.concat([sent[number] ?? Buffer.alloc(0), chunk]);
    });
    client.pipe(server).pipe(client);
    client.on("close", () => server.destroy());
  });
  return { ...listener, sent };
}

/**
 * An older server: it refuses startup options that it does not know, as PostgreSQL does (42704), and hands the
 * rest on. `words` makes the message of a server that speaks another language.
 */
export function startOlderServer(
  target: Target,
  unknown: readonly string[],
  words: (name: string) => string = (name) => `unrecognized configuration parameter "${name}"`,
): Promise<Listener> {
  return listen((client) => {
    const reader = new FrameReader();
    const read = (chunk: Buffer): void => {
      reader.push(chunk);
      const packet = reader.next(false);
      if (packet === null) return;
      if (requestOf(packet) === "encryption") return void client.write("N");
      client.off("data", read);
      const options = startupParameters(packet).get("options") ?? "";
      const name = unknown.find((known) => options.includes(`-c ${known}=`));
      if (name !== undefined) return void client.end(fatal("42704", words(name)));
      const server = connectTcp(target.port, target.host);
      server.on("error", () => client.destroy());
      server.write(packet.bytes);
      client.pipe(server).pipe(client);
      client.on("close", () => server.destroy());
    };
    client.on("data", read);
  });
}
