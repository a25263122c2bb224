import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import type { TestProject } from "vitest/node";
import startPostgres from "../../support/server.ts";
import { type Available, available, reportSkipped } from "./available.ts";
import { bootstrap } from "./cdk.ts";
import type { Emulator } from "./emulator.ts";
import { type Started, startLocalStack } from "./localstack.ts";
import { startMiniStack } from "./ministack.ts";

declare module "vitest" {
  export interface ProvidedContext {
    /** Where emulators are asked for; see describe_where.ts. */
    launcher: string;
  }
}

const STARTERS = {
  localstack: { start: startLocalStack, title: "LocalStack's suite (test/aws/)" },
  ministack: { start: startMiniStack, title: "MiniStack's suite (test/aws/)" },
} as const;

const ASK_AGAIN_MS = 10_000;

type Name = keyof typeof STARTERS;

/**
 * The set-up of the project `aws`: a PostgreSQL, and one emulator of each kind for all files, started when the first
 * file asks for it. What the run started, it stops.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const stopPostgres = await startPostgres(project);
  const started = new Map<string, Promise<Available<Started>>>();
  const ready: typeof started = new Map();
  const server = createServer((request, response) => {
    const [, name = "", bootstrapped] = (request.url ?? "").split("/");
    if (!isName(name)) return send(response, 404, {});
    const plain = started.get(name) ?? startOnce(name);
    started.set(name, plain);
    const start = bootstrapped === undefined ? plain : (ready.get(name) ?? bootstrapOnce(plain));
    if (bootstrapped !== undefined) ready.set(name, start);
    // Installing may take minutes, longer than one request may: who asks comes again.
    const later = sleep(ASK_AGAIN_MS).then(() => () => send(response, 202, {}));
    const said = start.then(
      (found) => () => send(response, 200, emulatorOf(found)),
      (error: unknown) => () => send(response, 500, { message: String(error) }),
    );
    Promise.race([said, later]).then(
      (answer) => answer(),
      () => response.destroy(),
    );
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const at = server.address();
  project.provide("launcher", `http://127.0.0.1:${at !== null && typeof at === "object" ? at.port : 0}`);
  return async () => {
    server.close();
    for (const start of started.values()) {
      const found = await start.catch(() => null);
      if (found?.kind === "available") await found.value.stop();
    }
    await stopPostgres();
  };
}

const isName = (name: string): name is Name => name in STARTERS;

async function startOnce(name: Name): Promise<Available<Started>> {
  const { start, title } = STARTERS[name];
  const began = performance.now();
  const found = await start();
  if (found.kind === "missing") reportSkipped(title, found);
  else say(`${name}: ${secondsSince(began)} s until healthy`);
  return found;
}

async function bootstrapOnce(start: Promise<Available<Started>>): Promise<Available<Started>> {
  const found = await start;
  if (found.kind === "missing") return found;
  const { emulator } = found.value;
  const began = performance.now();
  await bootstrap(emulator);
  say(`${emulator.name}: ${secondsSince(began)} s for cdk bootstrap`);
  return found;
}

const secondsSince = (began: number): string => ((performance.now() - began) / 1000).toFixed(1);

const say = (text: string): boolean => process.stderr.write(`${text}\n`);

const emulatorOf = (found: Available<Started>): Available<Emulator> =>
  found.kind === "missing" ? found : available(found.value.emulator);

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
}
