import { type Frame, frame } from "./proxy_frames.ts";

const CANCEL = 80877102;
const TLS = 80877103;
const GSS = 80877104;

/** What a client's first packet asks. */
export function requestOf(packet: Frame): "startup" | "cancel" | "encryption" {
  const code = packet.body.readInt32BE(0);
  if (code === CANCEL) return "cancel";
  return code === TLS || code === GSS ? "encryption" : "startup";
}

/** The parameters of a startup packet: user, database, options, ... */
export function startupParameters(packet: Frame): Map<string, string> {
  const words = packet.body.toString("utf8", 4).split("\0");
  const parameters = new Map<string, string>();
  for (let at = 0; words[at]; at += 2) parameters.set(words[at] ?? "", words[at + 1] ?? "");
  return parameters;
}

/** The SQL of a Query or Parse message; null for others. */
export function sqlOf(message: Frame): string | null {
  if (message.type === "Q") return message.body.toString("utf8", 0, message.body.length - 1);
  if (message.type !== "P") return null;
  const start = message.body.indexOf(0) + 1;
  return message.body.toString("utf8", start, message.body.indexOf(0, start));
}

/** Whether a client's message is answered by a ReadyForQuery: Query, Sync, FunctionCall. */
export const endsInReady = (message: Frame): boolean => ["Q", "S", "F"].includes(message.type);

/** A FATAL ErrorResponse, as sent before a connection is refused. */
export function fatal(sqlstate: string, message: string): Buffer {
  const fields = { S: "FATAL", V: "FATAL", C: sqlstate, M: message };
  const text = Object.entries(fields).map(([name, value]) => `${name}${value}\0`);
  return frame("E", Buffer.from(`${text.join("")}\0`));
}

/** A ParameterStatus with the value of `parameters`, or as it was. */
export function rewriteParameter(message: Frame, parameters: Readonly<Record<string, string>>): Buffer {
  const [name = ""] = message.body.toString("utf8").split("\0");
  const value = parameters[name];
  return value === undefined ? message.bytes : frame("S", Buffer.from(`${name}\0${value}\0`));
}

/** A BackendKeyData or CancelRequest with another pid, `at` so many bytes into its body. */
export function rewritePid(message: Frame, at: number, pid: number): Buffer {
  const bytes = Buffer.from(message.bytes);
  bytes.writeInt32BE(pid, bytes.length - message.body.length + at);
  return bytes;
}

/** A DataRow in which each field that is wholly a key of `values` has its value instead. */
export function rewriteRow(message: Frame, values: Readonly<Record<string, string>>): Buffer {
  const fields: Buffer[] = [message.body.subarray(0, 2)];
  for (let at = 2; at < message.body.length; ) {
    const length = message.body.readInt32BE(at);
    const end = at + 4 + Math.max(length, 0);
    const other = length < 0 ? undefined : values[message.body.toString("utf8", at + 4, end)];
    fields.push(other === undefined ? message.body.subarray(at, end) : field(other));
    at = end;
  }
  return frame("D", Buffer.concat(fields));
}

function field(value: string): Buffer {
  const text = Buffer.from(value);
  const length = Buffer.alloc(4);
  length.writeInt32BE(text.length);
  return Buffer.concat([length, text]);
}
