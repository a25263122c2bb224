#!/usr/bin/env node
import { EXIT_STATUS } from "#engine/status.ts";
import { listenForInterrupts } from "./interrupt.ts";
import { run } from "./run.ts";
import { processTerminal } from "./terminal.ts";

// Node would end with 1, which says that a step failed.
process.on("uncaughtException", (error) => {
  process.stderr.write(`error: ${error.message}  [internal]\n`);
  process.exit(EXIT_STATUS.internal);
});
// Which versions of Node are supported is ours to say; the SDK would say it into every run's output.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= "true";
const terminal = processTerminal();
// A reader that has seen enough (`| head`) is no fault.
for (const stream of [terminal.stdout, terminal.stderr]) stream.on("error", () => {});
// Not by leaving: a socket that is still being closed must not hold up the prompt.
process.exit(await run(terminal, listenForInterrupts()));
