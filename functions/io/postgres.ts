import { Client } from "pg";
import { cut, LONGEST_FIELD } from "#engine/limits.ts";
import type { Answer, Clock, Column, Message, Result, RowsKept, ServerError, Session } from "#engine/seam.ts";
import { behindCopies, type Sink, sendRows } from "./copy_in.ts";

/** Rows kept of one statement's result where the message says nothing else. */
const ROWS_KEPT = 1_000;

const UNSAID: RowsKept = { statements: Number.POSITIVE_INFINITY, rows: ROWS_KEPT };

/** What to keep of the rows of a message's statement number `index`. */
function rowsKept(message: Message, index: number): RowsKept {
  let left = index;
  for (const kept of message.rows_kept ?? []) {
    if (left < kept.statements) return kept;
    left -= kept.statements;
  }
  return UNSAID;
}

/** How long the server may take to close a connection that was ended politely. */
const GOODBYE_MS = 2_000;

interface Wire {
  readonly stream: { cork?(): void; uncork?(): void; destroy(): void };
}

/** pg's connection, as a query's handlers are given it. */
interface WireConnection {
  readonly stream: Sink & { destroy(): void };
  sendCopyFail(reason: string): void;
}

/** What a query's handlers are given by pg; only the fields read here. */
interface WireColumns {
  readonly fields: readonly { readonly name: string; readonly dataTypeID: number }[];
}
interface WireError extends Error {
  readonly code?: string;
  readonly severity?: string;
  readonly detail?: string;
  readonly hint?: string;
  readonly position?: string;
  readonly internalPosition?: string;
  readonly internalQuery?: string;
  readonly where?: string;
}

const QueryBase = (Client as unknown as { Query: new (config: object) => object }).Query;

/**
 * One message on the wire. pg's own Query keeps neither the results before an error nor the number of
 * statements that were done; in pipeline mode pg takes only subclasses of it.
 */
class MessageQuery extends QueryBase {
  // Set: pg would otherwise add a callback of its own.
  readonly callback = (): void => {};
  private readonly results: Result[] = [];
  private columns: readonly Column[] = [];
  private kept: (string | null)[][] = [];
  private row_count = 0;
  /** The last tag with its counts, of a statement that returned no columns. */
  private repeated: string | null = null;
  private readonly clock: Clock;
  private readonly message: Message;
  private limits: RowsKept | null = null;
  /** Rows of this statement, and text of all that share its limits, that there is room for. */
  private room = 0;
  private text_room = 0;
  private readonly tell: (answer: Answer) => void;
  private asked_for_rows = false;
  private answered = false;

  constructor(message: Message, clock: Clock, settle: (answer: Answer) => void) {
    super(message.values ? { text: message.text, values: message.values } : { text: message.text });
    this.clock = clock;
    this.message = message;
    this.keep(rowsKept(message, 0));
    this.tell = settle;
  }

  private settle(answer: Answer): void {
    this.answered = true;
    this.tell(answer);
  }

  handleRowDescription(message: WireColumns): void {
    this.columns = message.fields.map((field) => ({ name: field.name, type_oid: field.dataTypeID }));
  }

  handleDataRow(message: { readonly fields: (string | null)[] }): void {
    this.row_count += 1;
    if (this.kept.length >= this.room) return;
    if (this.limits?.text === undefined) {
      this.kept.push(message.fields);
      return;
    }
    const fields = message.fields.map((field) => (field === null ? null : cut(field, LONGEST_FIELD)));
    this.text_room -= fields.reduce((sum, field) => sum + (field?.length ?? 0), 0);
    if (this.text_room >= 0) this.kept.push(fields);
    // The rows that are kept are the first ones.
    else this.room = 0;
  }

  private keep(limits: RowsKept): void {
    if (limits !== this.limits) this.text_room = limits.text ?? 0;
    this.limits = limits;
    this.room = limits.rows;
  }

  handleCommandComplete(message: { readonly text: string }): void {
    if (this.isRepeated(message.text)) return;
    const tag = message.text.replace(/[ 0-9]+$/, "");
    const affected = /(\d+)$/.exec(message.text)?.[1];
    const row_count = affected === undefined ? this.row_count : Number(affected);
    this.results.push({ tag, columns: this.columns, rows: this.kept, row_count });
    this.repeated = this.columns.length === 0 ? message.text : null;
    this.columns = [];
    this.kept = [];
    this.row_count = 0;
    this.keep(rowsKept(this.message, this.results.length));
  }

  /** Thousands of INSERTs are answered alike: then they share one result. */
  private isRepeated(text: string): boolean {
    const last = this.results.at(-1);
    if (last === undefined || text !== this.repeated || this.columns.length > 0) return false;
    this.results.push(last);
    this.row_count = 0;
    this.keep(rowsKept(this.message, this.results.length));
    return true;
  }

  handleEmptyQuery(): void {}

  handleCopyData(): void {}

  handleCopyInResponse(connection: WireConnection): void {
    const { copy } = this.message;
    if (copy === undefined || this.asked_for_rows) {
      connection.sendCopyFail("there are no rows for this COPY ... FROM stdin");
      return;
    }
    this.asked_for_rows = true;
    const { stream } = connection;
    void sendRows(stream, copy, () => !this.answered).catch(() => stream.destroy());
  }

  handleError(error: WireError): void {
    const at_ms = this.clock.monotonic_ms();
    const server = toServerError(error);
    // A FATAL error ends the connection: what it answers may or may not have taken effect.
    if (server === null || server.severity === "FATAL" || server.severity === "PANIC") {
      this.settle({ kind: "lost", reason: error.message, at_ms });
    } else this.settle({ kind: "error", error: server, results: this.results, at_ms });
  }

  handleReadyForQuery(): void {
    this.settle({ kind: "done", results: this.results, at_ms: this.clock.monotonic_ms() });
  }
}

function toServerError(error: WireError): ServerError | null {
  if (error.code === undefined || error.severity === undefined) return null;
  const number = (text: string | undefined) => (text === undefined ? null : Number(text));
  return {
    sqlstate: error.code,
    severity: error.severity,
    message: error.message,
    detail: error.detail ?? null,
    hint: error.hint ?? null,
    position: number(error.position),
    internal_position: number(error.internalPosition),
    internal_query: error.internalQuery ?? null,
    where: error.where ?? null,
  };
}

export interface SessionOptions {
  readonly clock: Clock;
  readonly dropped_parameters: readonly string[];
  /** Sends a CancelRequest for this backend. */
  readonly cancel: () => Promise<void>;
}

/** A connected pg Client (made with `pipeline: true`) as the engine's Session. */
export function toSession(client: Client, options: SessionOptions): Session {
  const wire = (client as unknown as { connection: Wire }).connection;
  let ended = false;
  client.on("end", () => {
    ended = true;
  });
  const write: Session["send"] = (messages, answered) => {
    wire.stream.cork?.();
    const answers = messages.map(
      (message) =>
        new Promise<Answer>((resolve) => {
          const settle = (answer: Answer): void => {
            resolve(answer);
            answered?.(answer);
          };
          client.query(new MessageQuery(message, options.clock, settle) as never);
        }),
    );
    wire.stream.uncork?.();
    return Promise.all(answers);
  };
  return {
    backend_pid: (client as unknown as { processID: number }).processID,
    dropped_parameters: options.dropped_parameters,
    credential_version: null,
    send: behindCopies(write),
    cancel: options.cancel,
    async close() {
      if (ended) return;
      // A peer that is frozen never answers the goodbye.
      const timer = setTimeout(() => wire.stream.destroy(), GOODBYE_MS);
      await client.end().finally(() => clearTimeout(timer));
    },
    destroy() {
      wire.stream.destroy();
    },
  };
}
