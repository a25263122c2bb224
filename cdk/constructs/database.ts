import { CfnOutput, Duration, RemovalPolicy } from "aws-cdk-lib";
import { InstanceType, Port, SecurityGroup } from "aws-cdk-lib/aws-ec2";
import {
  CaCertificate,
  Credentials,
  DatabaseInstance,
  DatabaseInstanceEngine,
  ParameterGroup,
  PostgresEngineVersion,
  StorageType,
} from "aws-cdk-lib/aws-rds";
import { Construct } from "constructs";
import type { DeployConfig } from "../config.ts";
import { acknowledge } from "./acknowledge.ts";
import { alarm } from "./alarm.ts";
import type { DatabaseNetwork } from "./database_network.ts";
import { leave } from "./handover.ts";

const GIB = 1024 ** 3;

type Made = Extract<DeployConfig["database"], { mode: "create" }>;

/** The instance where it is made, the way in for who makes its logins, and its alarms. */
export class Database extends Construct {
  private readonly config: DeployConfig;

  constructor(scope: Construct, id: string, config: DeployConfig, settings: Made, network: DatabaseNetwork) {
    super(scope, id);
    this.config = config;
    const group = new SecurityGroup(this, "Group", {
      vpc: network.vpc,
      description: `${config.target}: the database`,
      allowAllOutbound: false,
    });
    const instance = this.instance(settings, network, group);
    leave(this, config, "database-host", instance.dbInstanceEndpointAddress);
    leave(this, config, "database-security-group", group.securityGroupId);
    leave(this, config, "database-resource-id", instance.instanceResourceId ?? "");
    this.bootstrap(network, group, settings.port);
    this.alarms(instance);
    this.output("DatabaseHost", instance.dbInstanceEndpointAddress);
    this.output("DatabaseMasterSecret", instance.secret?.secretArn ?? "");
  }

  private instance(settings: Made, network: DatabaseNetwork, group: SecurityGroup): DatabaseInstance {
    const [major = settings.engineVersion] = settings.engineVersion.split(".");
    const engine = DatabaseInstanceEngine.postgres({
      version: PostgresEngineVersion.of(settings.engineVersion, major),
    });
    const instance = new DatabaseInstance(this, "Instance", {
      engine,
      instanceType: new InstanceType(settings.instanceClass),
      vpc: network.vpc,
      vpcSubnets: { subnets: [...network.subnets] },
      securityGroups: [group],
      databaseName: settings.name,
      port: settings.port,
      parameterGroup: new ParameterGroup(this, "Parameters", {
        engine,
        description: `${this.config.target}: TLS only`,
        parameters: { "rds.force_ssl": "1" },
      }),
      caCertificate: CaCertificate.RDS_CA_RSA2048_G1,
      credentials: Credentials.fromUsername("postgres"),
      manageMasterUserPassword: true,
      iamAuthentication: settings.auth === "iam",
      publiclyAccessible: false,
      storageEncrypted: true,
      storageType: StorageType.GP3,
      allocatedStorage: 50,
      maxAllocatedStorage: 500,
      multiAz: settings.multiAz,
      backupRetention: Duration.days(settings.backupDays),
      copyTagsToSnapshot: true,
      deletionProtection: settings.deletionProtection,
      autoMinorVersionUpgrade: true,
      cloudwatchLogsExports: ["postgresql", "upgrade"],
      removalPolicy: this.config.removal === "retain" ? RemovalPolicy.SNAPSHOT : RemovalPolicy.DESTROY,
    });
    acknowledge(instance, {
      "AwsSolutions-RDS11":
        "The port is configuration. Another one than 5432 hides nothing from who is let into the closed network.",
      ...(settings.multiAz ? {} : { "AwsSolutions-RDS3": "By configuration: database.multiAz is false." }),
      ...(settings.deletionProtection
        ? {}
        : {
            "AwsSolutions-RDS10":
              "By configuration: database.deletionProtection is false, as it must be before the stack is removed.",
          }),
    });
    return instance;
  }

  /** Whoever makes the logins joins it, for as long as that takes: there is no other way in from outside. */
  private bootstrap(network: DatabaseNetwork, database: SecurityGroup, port: number): void {
    const group = new SecurityGroup(this, "Bootstrap", {
      vpc: network.vpc,
      description: `${this.config.target}: makes the logins`,
      allowAllOutbound: false,
    });
    group.addEgressRule(database, Port.tcp(port), "to the database");
    database.addIngressRule(group, Port.tcp(port), "makes the logins");
    this.output("BootstrapSecurityGroup", group.securityGroupId);
  }

  private alarms(instance: DatabaseInstance): void {
    alarm(this, "Processor", this.config, {
      runbook: "Alarm: the database is busy",
      metric: instance.metricCPUUtilization({ period: Duration.minutes(5) }),
      when: { atLeast: 90 },
      periods: 3,
      missing: "good",
    });
    alarm(this, "Storage", this.config, {
      runbook: "Alarm: the database's storage runs out",
      metric: instance.metricFreeStorageSpace({ period: Duration.minutes(5), statistic: "Minimum" }),
      when: { lessThan: 5 * GIB },
      missing: "good",
    });
  }

  private output(name: string, value: string): void {
    new CfnOutput(this, name, { value }).overrideLogicalId(name);
  }
}
