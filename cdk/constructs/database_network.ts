import { Annotations } from "aws-cdk-lib";
import {
  FlowLogDestination,
  FlowLogTrafficType,
  GatewayVpcEndpointAwsService,
  InterfaceVpcEndpoint,
  InterfaceVpcEndpointAwsService,
  type ISubnet,
  type IVpc,
  SecurityGroup,
  SubnetType,
  Vpc,
  VpcEndpointPrivateDnsOnlyForInboundResolverEndpoint,
} from "aws-cdk-lib/aws-ec2";
import { AnyPrincipal, PolicyStatement } from "aws-cdk-lib/aws-iam";
import { LogGroup } from "aws-cdk-lib/aws-logs";
import { Construct } from "constructs";
import type { DeployConfig } from "../config.ts";
import { bucketArn, bundlesArn } from "../names.ts";
import { acknowledge } from "./acknowledge.ts";
import { leave } from "./handover.ts";
import { keeping } from "./removal.ts";

/** What a function may need to reach through an endpoint. */
export type EndpointService = "s3" | "secretsmanager" | "events";

const SERVICES = {
  s3: InterfaceVpcEndpointAwsService.S3,
  secretsmanager: InterfaceVpcEndpointAwsService.SECRETS_MANAGER,
  events: InterfaceVpcEndpointAwsService.EVENTBRIDGE,
};

/** The network where it is made, and the endpoints that are made in it or in one that is there. */
export class DatabaseNetwork extends Construct {
  readonly vpc: IVpc;
  readonly subnets: readonly ISubnet[];
  private readonly config: DeployConfig;

  constructor(scope: Construct, id: string, config: DeployConfig, secrets: readonly string[]) {
    super(scope, id);
    this.config = config;
    const { network } = config;
    if (network.mode === "none") throw new Error("A network of mode none is not made");
    this.vpc = network.mode === "create" ? (this.isolated(network) as IVpc) : networkOf(this, network);
    this.subnets = this.vpc.isolatedSubnets;
    for (const service of endpointsToMake(config)) this.endpoint(service, secrets);
  }

  private isolated(network: Extract<DeployConfig["network"], { mode: "create" }>): Vpc {
    const { config } = this;
    const vpc = new Vpc(this, "Vpc", {
      availabilityZones: [...network.azs],
      natGateways: 0,
      subnetConfiguration: [{ name: "isolated", subnetType: SubnetType.PRIVATE_ISOLATED, cidrMask: 24 }],
      // Closing the default group takes a function with rights on every group. Nothing of ours is in it.
      restrictDefaultSecurityGroup: false,
    });
    vpc.addFlowLog("Refused", {
      trafficType: FlowLogTrafficType.REJECT,
      destination: FlowLogDestination.toCloudWatchLogs(
        new LogGroup(this, "RefusedLog", {
          retention: config.functions.logDays,
          removalPolicy: keeping(config),
        }),
      ),
    });
    if (network.s3PrefixListId !== undefined) {
      const gateway = vpc.addGatewayEndpoint("S3", { service: GatewayVpcEndpointAwsService.S3 });
      gateway.addToPolicy(allowed(config, "s3"));
    }
    leave(this, config, "network", vpc.vpcId);
    acknowledge(vpc, {
      "CloudFormation-Validate::W3010":
        "Zones are configuration, so that nothing need be looked up in the account.",
    });
    vpc.isolatedSubnets.forEach((subnet, at) => {
      leave(this, config, `subnet-${at}`, subnet.subnetId);
    });
    return vpc;
  }

  private endpoint(service: EndpointService, secrets: readonly string[]): void {
    const group = new SecurityGroup(this, `${service}-group`, {
      vpc: this.vpc,
      description: `${this.config.target}: endpoint of ${service}`,
      allowAllOutbound: false,
    });
    const endpoint = new InterfaceVpcEndpoint(this, `${service}-endpoint`, {
      vpc: this.vpc,
      service: SERVICES[service],
      subnets: { subnets: [...this.subnets] },
      securityGroups: [group],
      open: false,
      privateDnsEnabled: true,
      // S3's names lead to the endpoint only where that is asked for.
      ...(service === "s3"
        ? {
            privateDnsOnlyForInboundResolverEndpoint:
              VpcEndpointPrivateDnsOnlyForInboundResolverEndpoint.ALL_RESOLVERS,
          }
        : {}),
    });
    endpoint.addToPolicy(allowed(this.config, service, secrets));
    leave(this, this.config, `endpoint-${service}`, group.securityGroupId);
  }
}

/** Whether the data stack makes anything of the network. */
export const makesNetwork = (config: DeployConfig): boolean =>
  config.network.mode === "create" || endpointsToMake(config).length > 0;

function endpointsToMake(config: DeployConfig): readonly EndpointService[] {
  const { network } = config;
  if (network.mode === "none") return [];
  const needed: readonly EndpointService[] = [
    ...(network.endpoints.s3 === "create" ? (["s3"] as const) : []),
    ...(config.database.auth === "secret" ? (["secretsmanager"] as const) : []),
    ...(config.events.busArn === undefined ? [] : (["events"] as const)),
  ];
  return needed.filter(
    (service) =>
      (network.endpoints[service] ?? (network.mode === "create" ? "create" : undefined)) === "create",
  );
}

/** A network that is there, by its attributes. */
export function networkOf(
  scope: Construct,
  network: { readonly vpcId: string; readonly azs: readonly string[]; readonly subnetIds: readonly string[] },
): IVpc {
  const vpc = Vpc.fromVpcAttributes(scope, "Vpc", {
    vpcId: network.vpcId,
    availabilityZones: [...network.azs],
    isolatedSubnetIds: [...network.subnetIds],
  });
  // Nothing of ours asks for the subnets' routes.
  for (const subnet of vpc.isolatedSubnets) {
    Annotations.of(subnet).acknowledgeWarning("@aws-cdk/aws-ec2:noSubnetRouteTableId");
  }
  return vpc;
}

/** All that may go through an endpoint: the functions' own calls. Whose call it is, the identities' policies say. */
function allowed(
  config: DeployConfig,
  service: EndpointService,
  secrets: readonly string[] = [],
): PolicyStatement {
  const calls = {
    s3: {
      actions: ["s3:GetObject", "s3:GetObjectVersion", "s3:ListBucket"],
      resources: [bucketArn(config), bundlesArn(config)],
    },
    secretsmanager: {
      actions: ["secretsmanager:GetSecretValue"],
      resources: [...secrets],
    },
    events: { actions: ["events:PutEvents"], resources: [config.events.busArn ?? ""] },
  };
  return new PolicyStatement({ principals: [new AnyPrincipal()], ...calls[service] });
}
