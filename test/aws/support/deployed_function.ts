import { rm } from "node:fs/promises";
import {
  CreateFunctionCommand,
  DeleteFunctionCommand,
  InvokeCommand,
  LambdaClient,
  waitUntilFunctionActiveV2,
} from "@aws-sdk/client-lambda";
import { clientOf, type Emulator } from "./emulator.ts";
import { writeArtifact } from "./odd_function.ts";
import { zipFolder } from "./zip_folder.ts";

/** What an invocation answered, as a pipeline sees it. */
export interface Answer {
  /** Null where the handler returned. */
  readonly function_error: string | null;
  readonly payload: unknown;
  /** The end of the invocation's log. */
  readonly log: string;
}

export interface DeployedFunction {
  readonly name: string;
  invoke(event: unknown): Promise<Answer>;
  remove(): Promise<void>;
}

/** One invocation that waits for its answer; `name` may end in `:alias`. Never sent twice. */
export async function invoke(emulator: Emulator, name: string, event: unknown): Promise<Answer> {
  const client = new LambdaClient({ ...clientOf(emulator), maxAttempts: 1 });
  try {
    const answer = await client.send(
      new InvokeCommand({ FunctionName: name, Payload: JSON.stringify(event), LogType: "Tail" }),
    );
    const text = Buffer.from(answer.Payload ?? []).toString("utf8");
    return {
      function_error: answer.FunctionError ?? null,
      payload: text === "" ? null : JSON.parse(text),
      log: Buffer.from(answer.LogResult ?? "", "base64").toString("utf8"),
    };
  } finally {
    client.destroy();
  }
}

/** Uploads a module as a function, without the CDK. */
export async function deployModule(
  emulator: Emulator,
  name: string,
  {
    source,
    seconds = 10,
    environment = {},
  }: { source?: string; seconds?: number; environment?: object } = {},
): Promise<DeployedFunction> {
  const client = new LambdaClient(clientOf(emulator));
  const folder = await writeArtifact(source);
  const variables = Object.fromEntries(
    Object.entries(environment).map(([key, value]) => [key, String(value)]),
  );
  await client.send(
    new CreateFunctionCommand({
      FunctionName: name,
      Runtime: "nodejs24.x",
      Architectures: ["arm64"],
      Handler: "index.handler",
      Role: `arn:aws:iam::${emulator.account}:role/paws-test`,
      Code: { ZipFile: await zipFolder(folder) },
      Timeout: seconds,
      Environment: { Variables: variables },
    }),
  );
  await waitUntilFunctionActiveV2({ client, maxWaitTime: 300 }, { FunctionName: name });
  await rm(folder, { recursive: true });
  return {
    name,
    invoke: (event) => invoke(emulator, name, event),
    remove: async () => {
      await client.send(new DeleteFunctionCommand({ FunctionName: name }));
      client.destroy();
    },
  };
}
