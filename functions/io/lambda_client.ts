import { InvokeCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { toUnanswered, type Unanswered } from "./lambda_fault.ts";
import { withTimeout } from "./system.ts";

/** One version or alias of one function. */
export interface FunctionAddress {
  /** A name, or an ARN without its qualifier. */
  readonly name: string;
  readonly qualifier: string;
  /** As its ARN tells; null: the surroundings'. */
  readonly region: string | null;
}

export interface Invocation {
  readonly address: FunctionAddress;
  /** JSON. */
  readonly payload: string;
  /** `answer`: until the function has answered; `taken`: until Lambda has put the event into its queue. */
  readonly until: "answer" | "taken";
  /** Milliseconds, for the whole call. */
  readonly timeout_ms: number;
}

/** What came of an invocation. */
export type Invoked =
  | {
      readonly kind: "answered";
      /** Set where the function threw or died; Lambda answers 200 all the same. */
      readonly function_error: string | null;
      readonly payload: string;
    }
  | Unanswered
  | { readonly kind: "interrupted" };

/** Lambda, as far as a caller of functions needs it. It never throws. */
export interface Lambda {
  invoke(invocation: Invocation, interrupt: AbortSignal): Promise<Invoked>;
}

const CONNECT_MS = 5_000;

/** The Lambda of this process's surroundings: region, credentials and AWS_ENDPOINT_URL as the SDK finds them. */
export function openLambda(): Lambda {
  const clients = new Map<string | null, LambdaClient>();
  const clientFor = (region: string | null): LambdaClient => {
    const client = clients.get(region) ?? makeClient(region);
    clients.set(region, client);
    return client;
  };
  return {
    async invoke({ address, payload, until, timeout_ms }, interrupt) {
      const { name, qualifier, region } = address;
      const command = new InvokeCommand({
        FunctionName: name,
        Qualifier: qualifier,
        InvocationType: until === "answer" ? "RequestResponse" : "Event",
        Payload: new TextEncoder().encode(payload),
      });
      const abortSignal = withTimeout(timeout_ms, interrupt);
      try {
        const answer = await clientFor(region).send(command, { abortSignal });
        // Of an event that was taken there is none.
        const payload = until === "answer" ? (answer.Payload?.transformToString() ?? "") : "";
        return { kind: "answered", function_error: answer.FunctionError ?? null, payload };
      } catch (error) {
        if (interrupt.aborted) return { kind: "interrupted" };
        const late = abortSignal.aborted ? new Error(`nothing in ${Math.round(timeout_ms / 1000)} s`) : error;
        return toUnanswered(late, `${name}:${qualifier}`);
      }
    },
  };
}

/** A call that was sent may have begun a run: the SDK must not send it again. */
const makeClient = (region: string | null): LambdaClient =>
  new LambdaClient({
    maxAttempts: 1,
    requestHandler: { connectionTimeout: CONNECT_MS },
    ...(region !== null && { region }),
  });
