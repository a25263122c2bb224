import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { GetObjectCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { GetSecretValueCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { App, CfnOutput, Stack } from "aws-cdk-lib";
import { Architecture, Code, Function as LambdaFunction, Runtime } from "aws-cdk-lib/aws-lambda";
import { Bucket } from "aws-cdk-lib/aws-s3";
import { Secret } from "aws-cdk-lib/aws-secretsmanager";
import { beforeAll, expect, it } from "vitest";
import { deploy, destroy, type Outputs } from "./support/cdk.ts";
import { invoke } from "./support/deployed_function.ts";
import { describeOn } from "./support/describe_where.ts";
import { clientOf } from "./support/emulator.ts";
import { writeArtifact } from "./support/odd_function.ts";

/** A bucket, a secret and a function with an alias: what our own stacks are made of. */
async function synthesise(folder: string): Promise<string> {
  const app = new App({ outdir: folder });
  const stack = new Stack(app, "Tiny", { env: { account: "000000000000", region: "us-east-1" } });
  const bucket = new Bucket(stack, "Bucket", { versioned: true });
  const secret = new Secret(stack, "Secret", {
    generateSecretString: { secretStringTemplate: '{"username":"a"}', generateStringKey: "password" },
  });
  const code = await writeArtifact();
  const fn = new LambdaFunction(stack, "Function", {
    runtime: Runtime.NODEJS_24_X,
    architecture: Architecture.ARM_64,
    handler: "index.handler",
    code: Code.fromAsset(code),
    environment: { SECRET: secret.secretArn },
  });
  const alias = fn.addAlias("live");
  const outputs = { Bucket: bucket.bucketName, Secret: secret.secretArn, Function: alias.functionName };
  for (const [name, value] of Object.entries(outputs)) new CfnOutput(stack, `Out${name}`, { value });
  app.synth();
  await rm(code, { recursive: true });
  return folder;
}

for (const name of ["localstack", "ministack"] as const) {
  await describeOn(
    name,
    (emulator) => {
      let outputs: Outputs[string] = {};

      beforeAll(async () => {
        const app = await synthesise(await mkdtemp(join(tmpdir(), "paws-migrate-tiny-")));
        outputs = (await deploy(emulator, { app })).Tiny ?? {};
        return async () => {
          await destroy(emulator, { app });
          await rm(app, { recursive: true });
        };
      });

      it("a function answers by its alias, with what the stack gave it", async () => {
        const answer = await invoke(emulator, outputs.OutFunction ?? "", {});
        expect(answer.function_error).toBeNull();
        expect(Object(answer.payload).environment.SECRET).toBe(outputs.OutSecret);
      });

      it("a bucket keeps versions", async () => {
        const s3 = new S3Client(clientOf(emulator));
        const object = { Bucket: outputs.OutBucket, Key: "a" };
        const { VersionId } = await s3.send(new PutObjectCommand({ ...object, Body: "one" }));
        await s3.send(new PutObjectCommand({ ...object, Body: "two" }));
        const { Body } = await s3.send(new GetObjectCommand({ ...object, VersionId }));
        expect(await Body?.transformToString()).toBe("one");
      });

      it("a secret has the password that was made for it", async () => {
        const secrets = new SecretsManagerClient(clientOf(emulator));
        const { SecretString } = await secrets.send(
          new GetSecretValueCommand({ SecretId: outputs.OutSecret }),
        );
        expect(JSON.parse(SecretString ?? "")).toMatchObject({ username: "a", password: expect.any(String) });
      });
    },
    { bootstrapped: true },
  );
}
