import { fault, MigrationFault } from "#engine/errors.ts";
import type { RollbackVerification } from "#engine/request.ts";
import { runBaseline } from "#engine/run/baseline.ts";
import type { Verb } from "./call.ts";
import { openJob } from "./job.ts";
import { versionOf } from "./requests.ts";

export const run: Verb = async (call) => {
  const { bundle, source, options, world } = await openJob(call);
  // The program takes `--version` too, so that it cannot be demanded where the options are defined.
  const { version: given } = call.options;
  if (given === undefined) throw new MigrationFault(missing());
  const version = versionOf(given, bundle);
  const verify = call.options.verify as RollbackVerification;
  return runBaseline({ command: "baseline", version, verify }, source, options, world);
};

const missing = () =>
  fault("bad-argument", "baseline needs to know where the database is.", {
    remedy: "Pass --version V: it and all below it are taken for applied.",
  });
