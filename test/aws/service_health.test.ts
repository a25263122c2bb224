import { once } from "node:events";
import { createServer } from "node:http";
import { expect, it } from "vitest";
import { judged, waitUntilHealthy } from "./support/service_health.ts";

it("is judged by each service that is needed, and no other", () => {
  const health = { s3: "running", lambda: "available", kms: "error" };
  expect(judged(health, ["s3", "lambda"])).toBe("healthy");
  expect(judged(health, ["s3", "sqs"])).toBeNull();
  expect(judged({ s3: "initializing" }, ["s3"])).toBeNull();
  expect(() => judged(health, ["s3", "kms"])).toThrow("broken: kms");
  expect(() => judged({ s3: "disabled" }, ["s3"])).toThrow("broken: s3");
});

const never = new Promise<string>(() => {});

it("is waited for, and status 200 is not enough", async () => {
  const answers = [{ s3: "starting" }, { s3: "running" }];
  const server = createServer((_, response) => {
    response.end(JSON.stringify({ services: answers.length > 1 ? answers.shift() : answers[0] }));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const at = server.address();
  const url = `http://127.0.0.1:${at !== null && typeof at === "object" ? at.port : 0}`;
  await waitUntilHealthy(url, ["s3"], never);
  expect(answers).toHaveLength(1);
  answers[0] = { s3: "error" };
  await expect(waitUntilHealthy(url, ["s3"], never)).rejects.toThrow("broken: s3");
  server.close();
});

it("is not waited for where the program has ended", async () => {
  const ended = Promise.resolve("No component plugins found");
  await expect(waitUntilHealthy("http://127.0.0.1:1", ["s3"], ended)).rejects.toThrow("No component plugins");
});
