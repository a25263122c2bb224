import { connect as connectTcp, type Socket } from "node:net";
import { type ConnectionOptions, connect as connectTls } from "node:tls";

const SSL_REQUEST = 80877103;
const CANCEL_REQUEST = 80877102;
const TIMEOUT_MS = 5_000;

/** A backend, as its handshake named it. */
export interface CancelTarget {
  readonly host: string;
  readonly port: number;
  readonly pid: number;
  readonly secret: number;
  /** As the session's own connection; null without TLS. */
  readonly tls: ConnectionOptions | null;
}

const packet = (...words: readonly number[]): Buffer => {
  const buffer = Buffer.alloc(4 + 4 * words.length);
  buffer.writeInt32BE(buffer.length, 0);
  words.forEach((word, i) => {
    buffer.writeInt32BE(word, 4 + 4 * i);
  });
  return buffer;
};

/**
 * Sends a CancelRequest (PostgreSQL protocol, "Canceling Requests in Progress") and resolves when the server
 * has closed that connection: it has taken the request then. pg's own cancel knows no TLS. Rejects when the
 * server cannot be reached within 5 s.
 */
export function sendCancelRequest(target: CancelTarget): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = target.host.startsWith("/")
      ? connectTcp(`${target.host}/.s.PGSQL.${target.port}`)
      : connectTcp(target.port, target.host);
    const finish = (error?: Error): void => {
      clearTimeout(timer);
      socket.destroy();
      if (error) reject(error);
      else resolve();
    };
    const timer = setTimeout(() => finish(new Error("the CancelRequest timed out")), TIMEOUT_MS);
    const request = (stream: Socket): void => {
      stream.on("close", () => finish());
      stream.on("data", () => {});
      stream.write(packet(CANCEL_REQUEST, target.pid, target.secret));
    };
    socket.on("error", finish);
    socket.on("connect", () => {
      if (target.tls === null) {
        request(socket);
        return;
      }
      const options = target.tls;
      socket.write(packet(SSL_REQUEST));
      socket.once("data", (answer) => {
        if (answer.toString() !== "S") {
          finish(new Error("the server does not take TLS"));
          return;
        }
        const secure = connectTls({ ...options, socket });
        secure.on("error", finish);
        secure.on("secureConnect", () => request(secure));
      });
    });
  });
}
