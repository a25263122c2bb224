import { join } from "node:path";
import { CfnOutput, Duration } from "aws-cdk-lib";
import type { SecurityGroup } from "aws-cdk-lib/aws-ec2";
import type { Role } from "aws-cdk-lib/aws-iam";
import {
  Alias,
  Architecture,
  type IDestination,
  type IVersion,
  LoggingFormat,
  Runtime,
} from "aws-cdk-lib/aws-lambda";
import { NodejsFunction } from "aws-cdk-lib/aws-lambda-nodejs";
import { LogGroup } from "aws-cdk-lib/aws-logs";
import { Construct } from "constructs";
import { ENVIRONMENT, FUNCTION_ENVIRONMENT, LIVE_ALIAS } from "#io/contract.ts";
import type { DeployConfig } from "../config.ts";
import { bucketName, bundleName, type Command, functionName } from "../names.ts";
import { acknowledge } from "./acknowledge.ts";
import { bundling, SQL_PARSER } from "./artifact.ts";
import { grantFetch } from "./bundle_store.ts";
import type { DatabaseAccess, Login } from "./database_access.ts";
import { functionAlarms } from "./function_alarms.ts";
import type { FunctionNetwork } from "./function_network.ts";
import { grantLeave, grantLogs, jobRole } from "./job_role.ts";
import { keeping } from "./removal.ts";
import type { RunEvents } from "./run_events.ts";
import { undelivered } from "./undelivered.ts";

/** What all functions of the job stack share. */
export interface JobWorld {
  readonly config: DeployConfig;
  /** The repository's root. */
  readonly root: string;
  readonly database: DatabaseAccess;
  /** Null: the functions join no network. */
  readonly network: FunctionNetwork | null;
  /** Null: nobody is told of runs. */
  readonly events: RunEvents | null;
}

interface JobFunctionProps {
  readonly command: Command;
  readonly description: string;
  /** Whether it reads SQL, and so needs the parser beside its code. */
  readonly parses: boolean;
}

const CA_FILE = "database-ca.pem";
/** Nothing is sent twice, nor late: whoever sent it has given up waiting by then. */
const DELIVERY = { retryAttempts: 0, maxEventAge: Duration.seconds(60) } as const;

const placeholdersOf = ({ bundle: { placeholders } }: DeployConfig): Record<string, string> =>
  Object.keys(placeholders).length === 0 ? {} : { [ENVIRONMENT.placeholders]: JSON.stringify(placeholders) };

/** A Lambda function with all that belongs to it. Each command states its own grants. Callers use the alias. */
export abstract class JobFunction extends Construct {
  readonly alias: Alias;
  private readonly role: Role;
  private readonly group: SecurityGroup | null;
  private readonly made: NodejsFunction;
  private readonly world: JobWorld;

  constructor(scope: Construct, id: string, world: JobWorld, props: JobFunctionProps) {
    super(scope, id);
    this.world = world;
    const { config, network } = world;
    this.role = jobRole(this, config, props.command);
    this.group = network?.closedGroup(this, props.command) ?? null;
    const queue = undelivered(this, config);
    grantLeave(this.role, queue);
    const onFailure: IDestination = { bind: () => ({ destination: queue.queueArn }) };
    this.made = this.lambda(props, onFailure);
    // The function's own configuration is that of $LATEST alone.
    this.alias = new Alias(this, "Alias", {
      aliasName: LIVE_ALIAS,
      version: this.made.currentVersion as IVersion,
    });
    this.alias.configureAsyncInvoke({ ...DELIVERY, onFailure });
    functionAlarms(this, config, this.made);
    acknowledge(this.made, {
      "Serverless-LambdaDLQ":
        "A request that fails goes to a queue as the failure's destination, which holds more than a dead letter.",
      "Serverless-LambdaTracing":
        "Runs are measured step by step and recorded in the database; tracing would need a way to X-Ray out of a closed network.",
    });
    this.outputs(props.command);
  }

  /** Logs in to the database, and may read what that takes. */
  protected logsIn(login: Login): void {
    const { database, network, config } = this.world;
    for (const [name, value] of Object.entries(database.environment(login))) {
      this.made.addEnvironment(name, value);
    }
    database.grant(this.role, login);
    if (network === null || this.group === null) return;
    network.allow("database", this.group);
    if (config.database.auth === "secret") network.allow("secretsmanager", this.group);
  }

  protected readsBundles(): void {
    const { config, network } = this.world;
    this.made.addEnvironment(FUNCTION_ENVIRONMENT.bucket, bucketName(config));
    this.made.addEnvironment(FUNCTION_ENVIRONMENT.bundle, bundleName(config));
    grantFetch(this.role, config);
    if (network !== null && this.group !== null) network.allow("s3", this.group);
  }

  /** Tells the bus of runs that ended, where there is one. */
  protected tellsOfRuns(): void {
    const { events, network } = this.world;
    if (events === null) return;
    this.made.addEnvironment(FUNCTION_ENVIRONMENT.event_bus, events.busArn);
    events.grantSend(this.role);
    if (network !== null && this.group !== null) network.allow("events", this.group);
  }

  private lambda(
    { command, description, parses }: JobFunctionProps,
    onFailure: IDestination,
  ): NodejsFunction {
    const { config, root, network } = this.world;
    const { caFile } = config.database;
    // Without a name of ours: what is kept of a deleted stack does not stand in a new one's way.
    const logGroup = new LogGroup(this, "Logs", {
      retention: config.functions.logDays,
      removalPolicy: keeping(config),
    });
    grantLogs(this.role, logGroup);
    return new NodejsFunction(this, "Function", {
      functionName: functionName(config, command),
      description: `${config.target}: ${description}`,
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      entry: join(root, "functions", `${command}.ts`),
      projectRoot: root,
      depsLockFilePath: join(root, "package-lock.json"),
      bundling: bundling({
        root,
        beside: { ...(parses ? SQL_PARSER : {}), ...(caFile === undefined ? {} : { [CA_FILE]: caFile }) },
      }),
      memorySize: config.functions.memoryMb,
      timeout: Duration.minutes(config.functions.timeoutMinutes),
      role: this.role,
      logGroup,
      loggingFormat: LoggingFormat.JSON,
      environment: {
        NODE_OPTIONS: "--enable-source-maps",
        [FUNCTION_ENVIRONMENT.target]: config.target,
        [FUNCTION_ENVIRONMENT.history_schema]: config.history.schema,
        [FUNCTION_ENVIRONMENT.report_max_bytes]: String(config.report.maxBytes),
        ...(caFile === undefined ? {} : { [FUNCTION_ENVIRONMENT.ca_file]: CA_FILE }),
        ...placeholdersOf(config),
      },
      awsSdkConnectionReuse: false,
      ...DELIVERY,
      onFailure,
      ...(network === null || this.group === null
        ? {}
        : {
            vpc: network.vpc,
            vpcSubnets: { subnets: [...network.subnets] },
            securityGroups: [this.group],
          }),
    });
  }

  private outputs(command: Command): void {
    const name = command.replace(/^./, (first) => first.toUpperCase());
    const output = (id: string, value: string) => new CfnOutput(this, id, { value }).overrideLogicalId(id);
    output(`${name}Function`, functionName(this.world.config, command));
    output(`${name}AliasArn`, this.alias.functionArn);
    output(`${name}LogGroup`, this.made.logGroup.logGroupName);
  }
}
