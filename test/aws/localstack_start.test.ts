import { once } from "node:events";
import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterEach, beforeEach, expect, it, onTestFinished, vi } from "vitest";
import { missing, reportSkipped } from "./support/available.ts";
import { startLocalStack } from "./support/localstack.ts";
import { pythonWith } from "./support/python_tools.ts";

const SERVICES = "s3 secretsmanager cloudwatch logs iam sts kms events scheduler sns sqs"
  .concat(" cloudformation lambda ssm ec2 stepfunctions")
  .split(" ");
const HEALTHY = Object.fromEntries(SERVICES.map((name) => [name, "running"]));

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "paws-migrate-start-"));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true });
});

async function healthServer(services: object): Promise<string> {
  const server = createServer((_, response) => {
    response.end(JSON.stringify({ services }));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  const at = server.address();
  return `http://127.0.0.1:${at !== null && typeof at === "object" ? at.port : 0}`;
}

it("uses an endpoint that was given, and ends nothing of it", async () => {
  const endpoint = await healthServer(HEALTHY);
  vi.stubEnv("AWS_ENDPOINT_URL", endpoint);
  const found = await startLocalStack();
  expect(found).toMatchObject({ value: { emulator: { endpoint, log_file: null } } });
});

it("refuses a given endpoint that is no healthy LocalStack, and takes no other", async () => {
  vi.stubEnv("AWS_ENDPOINT_URL", "http://127.0.0.1:1");
  await expect(startLocalStack()).rejects.toThrow("there is no LocalStack");
  vi.stubEnv("AWS_ENDPOINT_URL", await healthServer({ ...HEALTHY, kms: "error" }));
  await expect(startLocalStack()).rejects.toThrow("broken: kms");
  vi.stubEnv("AWS_ENDPOINT_URL", await healthServer({ s3: "running" }));
  await expect(startLocalStack()).rejects.toThrow("services are missing");
});

/** Docker for one image: notes how it is called, and serves its health where it is told to listen. */
const DOCKER = `#!/bin/sh
echo "$@" >> "$(dirname "$0")/calls"
[ "$1" = run ] || exit 0
for word in "$@"; do case "$word" in GATEWAY_LISTEN=*) port="\${word##*:}" ;; esac; done
exec "${process.execPath}" -e 'require("node:http").createServer((_, r) => r.end(process.argv[1]))
  .listen(process.argv[2], "127.0.0.1")' '${JSON.stringify({ services: HEALTHY })}' "$port"
`;

it("takes Docker's image of its version, on the machine's network, where Docker runs", async () => {
  await writeFile(join(folder, "docker"), DOCKER);
  await chmod(join(folder, "docker"), 0o755);
  vi.stubEnv("AWS_ENDPOINT_URL", "");
  vi.stubEnv("PATH", [folder, process.env.PATH].join(delimiter));
  const found = await startLocalStack();
  if (found.kind === "missing") throw new Error(found.reason);
  await found.value.stop();
  const calls = await readFile(join(folder, "calls"), "utf8");
  expect(calls).toMatch(/^info\nimage inspect localstack\/localstack:4\.14\.0\nrun --rm .*--network host /);
  expect(calls.trimEnd()).toMatch(/localstack\/localstack:4\.14\.0$/);
});

it("says what to install where no way is open", async () => {
  vi.stubEnv("PATH", folder);
  vi.stubEnv("PYENV_ROOT", folder);
  expect(await pythonWith("localstack", "LocalStack")).toEqual({
    kind: "missing",
    what: "LocalStack",
    reason: "Python 3.13 is neither in the PATH nor under pyenv.",
    remedy: expect.stringContaining("pyenv install 3.13"),
  });
});

it("is an error where CI is set, and a line on stderr elsewhere", () => {
  const absent = missing("LocalStack", "There is none.", "Install it.");
  const write = vi.spyOn(process.stderr, "write").mockReturnValue(true);
  vi.stubEnv("CI", "");
  reportSkipped("The suite", absent);
  expect(write).toHaveBeenCalledWith(expect.stringContaining("SKIPPED  The suite does not run. LocalStack:"));
  write.mockRestore();
  vi.stubEnv("CI", "true");
  expect(() => reportSkipped("The suite", absent)).toThrow("Install it.");
});
