import { describe, expect, it } from "vitest";
import { ENVIRONMENT, FUNCTION_ENVIRONMENT, LIVE_ALIAS } from "#io/contract.ts";
import { named } from "../support/function_rights.ts";
import { type Resource, resourcesOf, type Templates, templatesOf } from "../support/stacks.ts";

const COMMANDS = ["Apply", "Rollback", "Verify", "Status"];
const create = templatesOf("create");
const existing = templatesOf("existing");
const local = templatesOf("local");

const lambda = ({ job }: Templates, command: string): Resource => {
  const found = resourcesOf(job, "AWS::Lambda::Function").find(([id]) => id.startsWith(command));
  if (found === undefined) throw new Error(`no function ${command}`);
  return found[1];
};
const environment = (templates: Templates, command: string) =>
  (lambda(templates, command).Properties.Environment as { Variables: Record<string, unknown> }).Variables;

it.each(COMMANDS)("%s runs on Node 24, on ARM, with its own log group", (command) => {
  expect(lambda(create, command).Properties).toMatchObject({
    FunctionName: `paws-orders-prod-${command.toLowerCase()}`,
    Runtime: "nodejs24.x",
    Architectures: ["arm64"],
    Handler: "index.handler",
    Timeout: 900,
    MemorySize: 1024,
    LoggingConfig: { LogFormat: "JSON", LogGroup: { Ref: expect.stringMatching(`^${command}Logs`) } },
  });
  const [, logs] =
    resourcesOf(create.job, "AWS::Logs::LogGroup").find(([id]) => id.startsWith(command)) ?? [];
  expect(logs).toMatchObject({ Properties: { RetentionInDays: 90 }, DeletionPolicy: "RetainExceptOnCreate" });
});

it("has four functions, and no other", () => {
  for (const { job } of [create, existing, local]) {
    expect(resourcesOf(job, "AWS::Lambda::Function")).toHaveLength(4);
  }
});

describe("a request is delivered once, at once or not at all", () => {
  it.each(COMMANDS)(
    "%s: neither $LATEST nor the alias is tried again; what fails goes to the queue",
    (command) => {
      const configs = resourcesOf(create.job, "AWS::Lambda::EventInvokeConfig").filter(([id]) =>
        id.startsWith(command),
      );
      expect(configs.map(([, { Properties }]) => Properties)).toEqual(
        ["$LATEST", expect.objectContaining({ "Fn::Select": expect.anything() })].map((Qualifier) => ({
          FunctionName: { Ref: expect.stringMatching(`^${command}Function`) },
          Qualifier,
          MaximumRetryAttempts: 0,
          MaximumEventAgeInSeconds: 60,
          DestinationConfig: {
            OnFailure: {
              Destination: { "Fn::GetAtt": [expect.stringMatching(`^${command}Undelivered`), "Arn"] },
            },
          },
        })),
      );
    },
  );

  it("keeps what failed for 14 days, encrypted, by TLS only", () => {
    const queues = resourcesOf(create.job, "AWS::SQS::Queue");
    expect(queues).toHaveLength(5);
    for (const [id, { Properties }] of queues) {
      expect(Properties, id).toEqual(
        expect.objectContaining({ SqsManagedSseEnabled: true, MessageRetentionPeriod: 1_209_600 }),
      );
    }
    for (const [id, { Properties }] of resourcesOf(create.job, "AWS::SQS::QueuePolicy")) {
      expect(JSON.stringify(Properties), id).toContain('"aws:SecureTransport":"false"');
    }
  });

  it("has no reserved concurrency: the lock is the guard, and status must answer beside a run", () => {
    for (const command of COMMANDS) {
      expect(lambda(create, command).Properties).not.toHaveProperty("ReservedConcurrentExecutions");
    }
  });
});

it("has one alias, that of the newest version", () => {
  const aliases = resourcesOf(create.job, "AWS::Lambda::Alias");
  expect(aliases.map(([, { Properties }]) => Properties.Name)).toEqual(COMMANDS.map(() => LIVE_ALIAS));
  for (const [, { Properties }] of aliases) {
    expect(JSON.stringify(Properties.FunctionVersion)).toContain("CurrentVersion");
  }
});

describe("the environment", () => {
  const F = FUNCTION_ENVIRONMENT;
  const E = ENVIRONMENT;

  it("names what a function is told, by the names that the functions read", () => {
    expect(environment(create, "Apply")).toEqual({
      NODE_OPTIONS: "--enable-source-maps",
      [F.target]: "orders-prod",
      [F.history_schema]: "app_migrations",
      [F.report_max_bytes]: "200000",
      [F.bucket]: "paws-orders-prod-bundles-111122223333-eu-west-1",
      [F.bundle]: "orders",
      [E.host]: { Ref: expect.stringContaining("databasehost") },
      [E.port]: "5432",
      [E.database]: "orders",
      [F.auth]: "secret",
      [F.secret]: { Ref: expect.stringContaining("migratorsecret") },
      [F.owner_role]: "app_owner",
    });
  });

  it.each([
    ["Apply", "migrator", "app_owner"],
    ["Rollback", "migrator", "app_owner"],
    ["Verify", "reader", undefined],
    ["Status", "reader", undefined],
  ])("%s logs in as the %s", (command, login, owner) => {
    const variables = environment(create, command);
    expect(named(variables[F.secret])).toContain(`${login}secret`);
    expect(variables[F.owner_role]).toBe(owner);
  });

  it("names the login and the bus in IAM mode, and no secret", () => {
    expect(environment(existing, "Verify")).toMatchObject({
      [F.auth]: "iam",
      [F.user]: "app_reader",
      [F.event_bus]: "arn:aws:events:eu-west-1:111122223333:event-bus/deployments",
      [E.host]: "billing.cabcdefghijk.eu-west-1.rds.amazonaws.com",
    });
    expect(environment(existing, "Verify")).not.toHaveProperty(F.secret);
    expect(environment(existing, "Status")).not.toHaveProperty(F.event_bus);
  });

  it("names the certificate authorities where they are configured", () => {
    expect(environment(local, "Apply")[F.ca_file]).toBe("database-ca.pem");
    expect(environment(create, "Apply")).not.toHaveProperty(F.ca_file);
  });
});

it("reads what the data stack made from Parameter Store, and imports nothing", () => {
  const { Parameters } = create.job.toJSON() as {
    Parameters: Record<string, { Type: string; Default: string }>;
  };
  const read = Object.values(Parameters)
    .map(({ Default }) => Default)
    .filter((name) => name.startsWith("/paws-migrate/"));
  const left = resourcesOf(create.data, "AWS::SSM::Parameter").map(([, { Properties }]) => Properties.Name);
  expect(left).toEqual(expect.arrayContaining(read));
  expect(read).toHaveLength(8);
  for (const template of [create.data, create.job]) {
    expect(JSON.stringify(template.toJSON())).not.toMatch(/Fn::ImportValue|Fn::GetStackOutput|"Export"/);
  }
});

it("tells a pipeline what it needs", () => {
  const { Outputs } = create.job.toJSON() as { Outputs: Record<string, { Value: unknown }> };
  expect(Object.keys(Outputs).sort()).toEqual(
    COMMANDS.flatMap((command) => [`${command}AliasArn`, `${command}Function`, `${command}LogGroup`])
      .concat(["Bucket", "Bundle", "Region"])
      .sort(),
  );
  expect(Outputs.ApplyFunction?.Value).toBe("paws-orders-prod-apply");
  expect(Outputs.Bundle?.Value).toBe("orders");
});
