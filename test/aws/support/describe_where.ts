import { describe, inject, it } from "vitest";
import type { LambdaRuntime } from "../../support/lambda/start_function.ts";
import { type Available, reportSkipped, saying } from "./available.ts";
import type { Emulator } from "./emulator.ts";
import { lambdaRuntime } from "./lambda_runtime.ts";

/**
 * A suite on the run's emulator of that kind, which the first file that asks has started. At the top of a file:
 *
 *     await describeOn("localstack", (emulator) => {
 *       it("...", async () => { new S3Client(clientOf(emulator)) ... });
 *     });
 *
 * Where it cannot be had the suite is skipped, with the reason and what to install; in CI that is an error.
 * `bootstrapped`: `cdk deploy` works on it.
 */
export async function describeOn(
  name: Emulator["name"],
  suite: (emulator: Emulator) => void,
  { bootstrapped = false }: { readonly bootstrapped?: boolean } = {},
): Promise<void> {
  const path = bootstrapped ? `${name}/bootstrapped` : name;
  describeWhere(`on ${name}`, await requestEmulator(path), suite);
}

/** A suite that runs functions in Lambda's own runtime. */
export async function describeInRuntime(suite: (runtime: LambdaRuntime) => void): Promise<void> {
  const found = await lambdaRuntime();
  if (found.kind === "missing") reportSkipped("The suite of the runtime interface (test/aws/)", found);
  describeWhere("in Lambda's runtime", found, suite);
}

function describeWhere<T>(title: string, found: Available<T>, suite: (value: T) => void): void {
  if (found.kind === "available") describe(title, () => suite(found.value));
  else describe.skip(title, () => it(saying(found), () => {}));
}

async function requestEmulator(path: string): Promise<Available<Emulator>> {
  for (;;) {
    const response = await fetch(`${inject("launcher")}/${path}`);
    const body = Object(await response.json());
    if (response.status === 200) return body;
    if (response.status !== 202) throw new Error(`${path} is not there: ${body.message}`);
  }
}
