import { randomBytes } from "node:crypto";
import { fault, MigrationFault } from "#engine/errors.ts";
import type { PlanReport } from "#engine/report.ts";
import { systemWorld } from "#io/system.ts";
import { ask } from "./ask.ts";
import type { Call, Verb } from "./call.ts";
import { changeAtOnce } from "./invoke/at_once.ts";
import { changeAndFollow, planOnly } from "./invoke/change.ts";
import type { Edge } from "./invoke/edge.ts";
import { type EventOptions, eventOf, type InvokeEvent } from "./invoke/event.ts";
import { type FunctionVerb, functionAddress, statusAddress } from "./invoke/function_name.ts";
import { LARGEST_EVENT, tooLarge } from "./invoke/json_file.ts";
import type { Order } from "./invoke/order.ts";
import { readOnly } from "./invoke/read_only.ts";
import { recordConsolidated } from "./invoke/record_consolidated.ts";
import { isAttended } from "./terminal.ts";

export const run: Verb = async (call) => {
  const [word = "", ...words] = call.words;
  const verb = word as FunctionVerb;
  const options: EventOptions & Readonly<Record<string, unknown>> = call.options;
  const address = functionAddress(textOf(call, "function") ?? "", verb);
  const event = checkedEvent(verb, words, options, call.terminal.cwd);
  if (verb === "verify" || verb === "status") {
    if (call.options.sync === true) throw notForReading(verb);
    return readOnly(await openEdge(call), verb, address, event);
  }
  const chosen = typeof event.run_id === "string" ? event.run_id : null;
  const run_id = chosen ?? systemWorld.new_run_id();
  const status = statusAddress(textOf(call, "statusFunction"), address);
  const order: Order = {
    verb,
    address,
    status,
    event,
    run_id,
    chosen_id: chosen !== null,
    dry_run_id: `dry-${randomBytes(6).toString("hex")}`,
    how_to_look: `\`paws-migrate invoke status --function ${status.name} --run-id ${run_id}\``,
    agree:
      verb === "rollback" && call.options.yes !== true && isAttended(call.terminal) ? agreed(call) : null,
  };
  const edge = await openEdge(call);
  if (event.record_consolidated === true) return recordConsolidated(edge, order);
  if (event.dry_run === true) return planOnly(edge, order);
  edge.tell(`run ${run_id}`);
  return call.options.sync === true ? changeAtOnce(edge, order) : changeAndFollow(edge, order);
};

function checkedEvent(
  verb: FunctionVerb,
  words: readonly string[],
  options: EventOptions,
  cwd: string,
): InvokeEvent {
  const event = eventOf(verb, words, options, cwd);
  const bytes = Buffer.byteLength(JSON.stringify(event));
  if (bytes > LARGEST_EVENT) throw tooLarge("The event", bytes);
  return event;
}

const notForReading = (verb: FunctionVerb): MigrationFault =>
  new MigrationFault(fault("bad-argument", `invoke ${verb} always waits for the answer; leave out --sync.`));

const textOf = ({ options }: Call, name: string): string | null => {
  const value = options[name];
  return typeof value === "string" ? value : null;
};

/** The same question as before a rollback from here. */
const agreed =
  (call: Call) =>
  async (plan: PlanReport): Promise<boolean> =>
    (await ask(call, `${call.output.render(plan)}Roll back? [y/N] `)) === "yes";

/** The SDK is loaded here and not before: it takes longer than to say that an argument is wrong. */
async function openEdge(call: Call): Promise<Edge> {
  const { openLambda } = await import("#io/lambda_client.ts");
  const { output, terminal, redactor, interrupt, options } = call;
  for (const name of ["AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"]) redactor.learn(terminal.env[name] ?? "");
  return {
    lambda: openLambda(),
    monotonic_ms: systemWorld.clock.monotonic_ms,
    sleep: systemWorld.sleep,
    interrupt,
    tell: (text) => {
      if (options.quiet !== true) output.tell(text);
    },
    emit: output.event,
  };
}
