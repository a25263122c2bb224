import { type ISubnet, type IVpc, Peer, Port, SecurityGroup } from "aws-cdk-lib/aws-ec2";
import { Construct } from "constructs";
import type { DeployConfig } from "../config.ts";
import { type EndpointService, networkOf } from "./database_network.ts";
import { find } from "./handover.ts";

export type Dependency = "database" | EndpointService;

const HTTPS = Port.tcp(443);

/** The network as functions see it: closed, but for one way to each thing that a function needs. */
export class FunctionNetwork extends Construct {
  readonly vpc: IVpc;
  readonly subnets: readonly ISubnet[];
  private readonly config: DeployConfig;

  constructor(scope: Construct, id: string, config: DeployConfig) {
    super(scope, id);
    this.config = config;
    this.vpc = this.found();
    this.subnets = this.vpc.isolatedSubnets;
  }

  /** A group that lets nothing in and nothing out. */
  closedGroup(scope: Construct, of: string): SecurityGroup {
    return new SecurityGroup(scope, "Group", {
      vpc: this.vpc,
      description: `${this.config.target}: ${of}`,
      allowAllOutbound: false,
    });
  }

  /** One way out of the group to what it depends on, and the way in on the other side. */
  allow(dependency: Dependency, group: SecurityGroup): void {
    const { network, database } = this.config;
    const why = `to ${dependency}`;
    if (dependency === "s3" && network.mode !== "none" && network.s3PrefixListId !== undefined) {
      group.addEgressRule(Peer.prefixList(network.s3PrefixListId), HTTPS, why);
      return;
    }
    const port = dependency === "database" ? Port.tcp(database.port) : HTTPS;
    const id = this.groupOf(dependency);
    group.addEgressRule(Peer.securityGroupId(id), port, why);
    SecurityGroup.fromSecurityGroupId(group, `to-${dependency}`, id).addIngressRule(
      Peer.securityGroupId(group.securityGroupId),
      port,
      group.node.path,
    );
  }

  private found(): IVpc {
    const { config } = this;
    const { network } = config;
    if (network.mode === "none") throw new Error("There is no network of mode none");
    if (network.mode === "existing") return networkOf(this, network);
    return networkOf(this, {
      vpcId: find(this, config, "network"),
      azs: network.azs,
      subnetIds: network.azs.map((_, at) => find(this, config, `subnet-${at}`)),
    });
  }

  private groupOf(dependency: Dependency): string {
    const { network, database } = this.config;
    if (dependency === "database") {
      return (
        (database.mode === "existing" ? database.securityGroupId : undefined) ??
        find(this, this.config, "database-security-group")
      );
    }
    const configured = network.mode === "none" ? undefined : network.endpoints[dependency];
    return configured === undefined || configured === "create"
      ? find(this, this.config, `endpoint-${dependency}`)
      : configured;
  }
}
