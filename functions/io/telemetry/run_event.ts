import { EventBridgeClient, PutEventsCommand } from "@aws-sdk/client-eventbridge";
import { type Fault, fault } from "#engine/errors.ts";
import type { RunSummary } from "#engine/run_summary.ts";
import { toAwsError, withinDeadline } from "../aws_client.ts";
import { RUN_EVENT } from "../contract.ts";

const CONNECT_MS = 1_000;
const ANSWER_MS = 1_500;
/** Of both tries together. */
const LONGEST_MS = 3_000;

/** What is told of a finished run, beside the summary. */
export interface RunEventDetail extends RunSummary {
  readonly target: string;
  readonly command: string;
}

/** Tells the bus, within `left_ms`. null, or a warning: a run that is done stays done, whoever heard of it. */
export async function sendRunEvent(
  bus: string,
  detail: RunEventDetail,
  left_ms: number,
): Promise<Fault | null> {
  const client = new EventBridgeClient({
    maxAttempts: 2,
    requestHandler: { connectionTimeout: CONNECT_MS, requestTimeout: ANSWER_MS, throwOnRequestTimeout: true },
  });
  const entry = {
    EventBusName: bus,
    Source: RUN_EVENT.source,
    DetailType: RUN_EVENT.detail_type,
    Detail: JSON.stringify(detail),
  };
  try {
    const { Entries } = await withinDeadline(Math.min(LONGEST_MS, left_ms), (abortSignal) =>
      client.send(new PutEventsCommand({ Entries: [entry] }), { abortSignal }),
    );
    const [refused] = (Entries ?? []).flatMap(({ ErrorCode }) => ErrorCode ?? []);
    return refused === undefined ? null : notSent(bus, refused);
  } catch (error) {
    const { name, network } = toAwsError(error);
    return notSent(bus, network ?? name);
  } finally {
    client.destroy();
  }
}

const notSent = (bus: string, why: string): Fault =>
  fault("event-not-sent", `The event bus ${bus} was not told of this run: ${why}.`);
