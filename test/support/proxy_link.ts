import { connect, type Socket } from "node:net";
import type { Break, ClientMessage, Cut, ProxyOptions } from "./proxy.ts";
import { type DelayLine, delayLine } from "./proxy_delay.ts";
import { type Frame, FrameReader } from "./proxy_frames.ts";
import {
  endsInReady,
  fatal,
  requestOf,
  rewriteParameter,
  rewritePid,
  rewriteRow,
  sqlOf,
  startupParameters,
} from "./proxy_messages.ts";

/** Added to a pid to make another one. */
const PID_OFFSET = 1_000_000;

interface LinkOptions {
  readonly client: Socket;
  readonly target: { readonly host: string; readonly port: number };
  readonly options: ProxyOptions;
  readonly counts: { turns: number; messages: number };
  readonly pids: Map<number, number>;
  readonly number: number;
}

/** One connection through the proxy. */
export class ProxyLink {
  readonly closed: Promise<void>;
  readonly #link: LinkOptions;
  readonly #client: Socket;
  readonly #server: Socket;
  readonly #fromClient = new FrameReader();
  readonly #fromServer = new FrameReader();
  readonly #toServer: DelayLine;
  readonly #toClient: DelayLine;
  /** Where the conversation stands; `raw` is encrypted, and `cut` has ended for one side or both. */
  #phase: "start" | "encryption" | "login" | "open" | "raw" | "cut" = "start";
  #frozen = false;
  /** The client was told that the connection has ended. */
  #told = false;
  #answered = true;
  #sent = 0;
  /** ReadyForQuery messages still to come. */
  #pending = 0;
  /** So many of them still reach the client before its connection is reset. */
  #repliesLeft: number | null = null;
  /** What comes from the client is worked on in order, also while a message is held. */
  #work: Promise<void> = Promise.resolve();

  constructor(link: LinkOptions) {
    this.#link = link;
    this.#client = link.client;
    this.#server = connect({ ...link.target, allowHalfOpen: true, noDelay: true });
    this.#toServer = delayLine(link.options.one_way_ms ?? 0);
    this.#toClient = delayLine(link.options.one_way_ms ?? 0);
    this.closed = Promise.all([ended(this.#client), ended(this.#server)]).then(() => {});
    this.#client.on("data", (chunk: Buffer) => {
      this.#countTurn();
      this.#inOrder(() => this.#takeFromClient(chunk));
    });
    this.#server.on("data", (chunk: Buffer) => this.#takeFromServer(chunk));
    const clientGone = () => this.#inOrder(async () => this.#toServer.push(() => this.#server.end()));
    this.#client.on("end", clientGone);
    this.#client.on("close", clientGone);
    this.#server.on("end", () => this.#toClient.push(() => this.#client.end()));
    this.#server.on("close", () => this.#toClient.push(() => this.#client.end()));
  }

  destroy(): void {
    this.#phase = "cut";
    this.#client.destroy();
    this.#server.destroy();
  }

  #inOrder(task: () => Promise<void>): void {
    this.#work = this.#work.then(async () => {
      if (!this.#frozen) await task();
    });
  }

  #countTurn(): void {
    if (this.#answered) this.#link.counts.turns++;
    this.#answered = false;
  }

  async #takeFromClient(chunk: Buffer): Promise<void> {
    this.#fromClient.push(chunk);
    let out: Buffer[] = [];
    const flush = (): void => {
      const bytes = Buffer.concat(out);
      out = [];
      if (bytes.length > 0) this.#toServer.push(() => this.#server.write(bytes));
    };
    while (this.#phase !== "cut") {
      if (this.#phase === "raw") {
        if (this.#fromClient.waiting > 0) out.push(this.#fromClient.take());
        break;
      }
      const message = this.#fromClient.next(this.#phase === "login" || this.#phase === "open");
      if (message === null) break;
      const asked = this.#tell(message);
      const cut = asked === null ? undefined : await this.#link.options.cut?.(asked);
      if (typeof cut === "object") {
        flush();
        await this.#hold(cut);
      } else if (cut !== undefined && this.#repliesLeft === null) {
        flush();
        if (this.#cut(cut)) break;
      }
      out.push(this.#handOn(message));
      // The unit whose reply is dropped is complete: nothing after it goes on.
      if (this.#repliesLeft !== null && endsInReady(message)) this.#phase = "cut";
      if (asked === null || this.#link.options.cut_after === undefined) continue;
      flush();
      const after = await this.#link.options.cut_after(asked);
      if (after !== undefined) this.#cut(after);
    }
    flush();
  }

  #hold(cut: Extract<Cut, object>): Promise<void> {
    if ("hold_ms" in cut) return new Promise((resolve) => setTimeout(resolve, cut.hold_ms));
    this.#client.resetAndDestroy();
    return cut.reset_until;
  }

  /** What is told of a message; null for one that cannot be cut. */
  #tell(message: Frame): ClientMessage | null {
    const open = this.#phase === "open";
    if (open) this.#link.counts.messages++;
    const startup = this.#phase === "start" && requestOf(message) === "startup";
    const login = this.#link.options.from_start === true && (startup || this.#phase === "login");
    if (!open && !login) return null;
    const { type } = message;
    return { connection: this.#link.number, index: this.#sent++, type, sql: sqlOf(message) };
  }

  #handOn(message: Frame): Buffer {
    if (this.#phase === "login") return message.bytes;
    if (this.#phase !== "open") return this.#open(message);
    if (endsInReady(message)) this.#pending++;
    return message.bytes;
  }

  /** True when the message itself does not go on. */
  #cut(cut: Break | "drop-reply"): boolean {
    switch (cut) {
      case "drop-reply":
        this.#repliesLeft = this.#pending;
        return false;
      case "half-close-client":
        this.#toClient.push(() => {
          this.#told = true;
          this.#client.end();
        });
        return false;
      case "half-close":
        this.#phase = "cut";
        this.#toServer.push(() => this.#server.end());
        return true;
      case "reset":
        this.#phase = "cut";
        this.#client.resetAndDestroy();
        return true;
      case "freeze":
        this.#phase = "cut";
        this.#frozen = true;
        this.#client.pause();
        this.#server.pause();
        return true;
    }
  }

  /** The client's first packets: they have no type. */
  #open(packet: Frame): Buffer {
    const { options, pids } = this.#link;
    const request = requestOf(packet);
    if (request === "encryption") {
      this.#phase = "encryption";
      return packet.bytes;
    }
    if (request === "cancel") {
      this.#phase = "raw";
      return rewritePid(packet, 4, pids.get(packet.body.readInt32BE(4)) ?? packet.body.readInt32BE(4));
    }
    this.#phase = "login";
    const given = startupParameters(packet);
    const refused = (options.refused_parameters ?? []).find((name) => given.has(name));
    if (refused === undefined) return packet.bytes;
    this.#phase = "cut";
    this.#client.end(fatal("08P01", `unsupported startup parameter: ${refused}`));
    return Buffer.alloc(0);
  }

  #takeFromServer(chunk: Buffer): void {
    if (this.#frozen) return;
    this.#fromServer.push(chunk);
    const out: Buffer[] = [];
    let reset = false;
    while (!reset && this.#fromServer.waiting > 0) {
      if (this.#phase === "raw") {
        out.push(this.#fromServer.take());
      } else if (this.#phase === "encryption") {
        const answer = this.#fromServer.take(1);
        this.#phase = answer.toString("latin1") === "N" ? "start" : "raw";
        out.push(answer);
      } else if (this.#repliesLeft === 0) {
        const message = this.#fromServer.next(true);
        if (message === null) break;
        reset = message.type === "Z";
      } else {
        const message = this.#fromServer.next(true);
        if (message === null) break;
        out.push(this.#rewrite(message));
        if (message.type === "Z") this.#countReady();
      }
    }
    this.#deliver(Buffer.concat(out), reset);
  }

  #deliver(bytes: Buffer, reset: boolean): void {
    if (bytes.length === 0 && !reset) return;
    this.#toClient.push(() => {
      if (this.#frozen || this.#told) return;
      this.#answered = true;
      if (bytes.length > 0 && !this.#client.destroyed) this.#client.write(bytes);
      if (!reset) return;
      // A reset overtakes what is still in the socket: the earlier answers must have arrived.
      setTimeout(() => this.#client.resetAndDestroy(), 20);
    });
  }

  #countReady(): void {
    if (this.#phase === "login") this.#phase = "open";
    else this.#pending--;
    if (this.#repliesLeft !== null) this.#repliesLeft--;
  }

  #rewrite(message: Frame): Buffer {
    const { options, pids } = this.#link;
    if (message.type === "S" && options.parameters !== undefined) {
      return rewriteParameter(message, options.parameters);
    }
    if (message.type === "D" && options.values !== undefined) return rewriteRow(message, options.values);
    if (message.type === "K" && options.other_backend_pid === true) {
      const pid = message.body.readInt32BE(0);
      pids.set(pid + PID_OFFSET, pid);
      return rewritePid(message, 0, pid + PID_OFFSET);
    }
    return message.bytes;
  }
}

function ended(socket: Socket): Promise<void> {
  // What broke shows at the other end; the proxy only passes it on.
  socket.on("error", () => {});
  return new Promise((resolve) => socket.on("close", () => resolve()));
}
