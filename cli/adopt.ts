import { fault, MigrationFault } from "#engine/errors.ts";
import type { AdoptRequest } from "#engine/request.ts";
import { runAdopt } from "#engine/run/adopt.ts";
import type { Verb } from "./call.ts";
import { readChain } from "./chain_file.ts";
import { openJob } from "./job.ts";

export const run: Verb = async (call) => {
  const { bundle, source, options, world } = await openJob(call);
  const { from, table, chain, dryRun } = call.options;
  const request: AdoptRequest = {
    command: "adopt",
    from: from === undefined ? null : String(from),
    table: table === undefined ? null : tableOf(String(table)),
    chain: chain === undefined ? null : readChain(String(chain), call.terminal.cwd, bundle),
    dry_run: dryRun === true,
  };
  return runAdopt(request, source, options, world);
};

/** `SCHEMA.TABLE`, as the catalog has the names. */
function tableOf(text: string): NonNullable<AdoptRequest["table"]> {
  const at = text.indexOf(".");
  if (at > 0 && at < text.length - 1) return { schema: text.slice(0, at), name: text.slice(at + 1) };
  const message = `--table is ${JSON.stringify(text)}; wanted SCHEMA.TABLE.`;
  throw new MigrationFault(
    fault("bad-argument", message, { remedy: "Name the schema too: public.my_table." }),
  );
}
