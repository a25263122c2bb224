import { it } from "vitest";
import { startCloudEdge } from "../test/aws/support/cloud_edge.ts";
import { lambdaRuntime } from "../test/aws/support/lambda_runtime.ts";
import { startLocalDatabase } from "../test/aws/support/local_database.ts";
import { writeArtifact } from "../test/aws/support/odd_function.ts";
import { synthesiseApp } from "../test/aws/support/synthesised_app.ts";
import { type FunctionOptions, startFunction } from "../test/support/lambda/start_function.ts";
import { median } from "./measure.ts";

/**
 * Starts what the CDK would upload in Lambda's own runtime, interleaved with a handler that does nothing: until it asks
 * for its first event (cold), its first answer, and a later one (warm). `apply` finds nothing to do: it fetches the
 * secret and the bundle, connects over TLS, takes the lock and records the run. Prints medians in ms, and ratios.
 *
 *     npm run bench:start
 */
const ROUNDS = 10;
const ARN = "arn:aws:secretsmanager:us-east-1:000000000000:secret:bench";
const SECRETS = { migrator: `${ARN}/migrator-AbCdEf`, reader: `${ARN}/reader-AbCdEf` };

interface Start {
  readonly cold: number;
  readonly first: number;
  readonly warm: number;
}

it("starts", { timeout: 600_000 }, async () => {
  const runtime = await lambdaRuntime();
  if (runtime.kind === "missing") throw new Error(`${runtime.reason} ${runtime.remedy}`);
  const database = await startLocalDatabase();
  const edge = await startCloudEdge();
  edge.secrets.set(SECRETS.migrator, database.migrator).set(SECRETS.reader, database.reader);
  await edge.publish("shelf", "1.0.0", { "001_shelf.sql": "CREATE TABLE app.shelf (id int PRIMARY KEY);\n" });
  const app = await synthesiseApp({ target: "bench", bundle: "shelf", database, secrets: SECRETS });
  const ours = (command: "apply" | "status"): FunctionOptions => {
    const { folder, handler, environment } = app.functions[command];
    const env = { AWS_ENDPOINT_URL: edge.endpoint, ...environment };
    return { ...runtime.value, artifact: folder, handler, env };
  };
  const bare: FunctionOptions = { ...runtime.value, artifact: await writeArtifact(), env: {} };
  try {
    await once(ours("apply"));
    const kinds = { bare, apply: ours("apply"), status: ours("status") };
    const starts: Record<keyof typeof kinds, Start[]> = { bare: [], apply: [], status: [] };
    for (let round = 0; round < ROUNDS; round += 1) {
      for (const kind of Object.keys(kinds) as (keyof typeof kinds)[]) {
        starts[kind].push(await once(kinds[kind]));
      }
    }
    for (const [kind, list] of Object.entries(starts)) show(kind, list, starts.bare);
  } finally {
    await app.remove();
    await edge.close();
    await database.stop();
  }
});

async function once(options: FunctionOptions): Promise<Start> {
  const fn = await startFunction(options);
  try {
    const timed = async (): Promise<number> => {
      const began = performance.now();
      const outcome = await fn.invoke({});
      if (outcome.kind !== "response") throw new Error(`${JSON.stringify(outcome)}\n${fn.logs()}`);
      return performance.now() - began;
    };
    const first = await timed();
    await timed();
    return { cold: fn.cold_start_ms, first, warm: await timed() };
  } finally {
    await fn.stop();
  }
}

function show(kind: string, list: readonly Start[], bare: readonly Start[]): void {
  const words = (["cold", "first", "warm"] as const).map((part) => {
    const own = median(list.map((start) => start[part]));
    const ratio = median(list.map((start, i) => start[part] / (bare[i]?.[part] ?? Number.NaN)));
    return `${part} ${own.toFixed(0)} ms (${ratio.toFixed(1)})`;
  });
  process.stdout.write(`${kind.padEnd(7)} ${words.join("  ")}\n`);
}
