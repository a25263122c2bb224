import type { Template } from "aws-cdk-lib/assertions";
import { describe, expect, it } from "vitest";
import { named } from "../support/function_rights.ts";
import { resourcesOf, templatesOf } from "../support/stacks.ts";

interface Rule {
  readonly IpProtocol: string;
  readonly FromPort: number;
  readonly ToPort: number;
  readonly DestinationSecurityGroupId?: unknown;
  readonly DestinationPrefixListId?: string;
  readonly SourceSecurityGroupId?: unknown;
  readonly CidrIp?: string;
  readonly GroupId?: unknown;
}

const ruleText = (rule: Rule): string =>
  `${rule.IpProtocol} ${rule.FromPort}${rule.ToPort === rule.FromPort ? "" : `-${rule.ToPort}`} ${named(
    rule.DestinationSecurityGroupId ??
      rule.DestinationPrefixListId ??
      rule.SourceSecurityGroupId ??
      rule.CidrIp,
  )}`;

/** A group that lets nothing out says so by a rule that nothing matches. */
const NOTHING = "icmp 252-86 255.255.255.255/32";

/** What goes out of a group, whether its rules stand in it or by themselves. */
function outOf(template: Template, group: string): string[] {
  const [id = "", resource] =
    resourcesOf(template, "AWS::EC2::SecurityGroup").find(([name]) => name.startsWith(group)) ?? [];
  const own = (resource?.Properties.SecurityGroupEgress ?? []) as Rule[];
  const apart = resourcesOf(template, "AWS::EC2::SecurityGroupEgress")
    .map(([, { Properties }]) => Properties as unknown as Rule)
    .filter(({ GroupId }) => named(GroupId) === named({ Ref: id }));
  return [...own, ...apart].map(ruleText).sort();
}

/** What the job stack lets into the groups of others: `group from group`. */
const intoOthers = (template: Template): string[] =>
  resourcesOf(template, "AWS::EC2::SecurityGroupIngress")
    .map(([, { Properties }]) => Properties as unknown as Rule)
    .map((rule) => `${named(rule.GroupId)} from ${ruleText(rule)}`)
    .sort();

const COMMANDS = ["Apply", "Rollback", "Verify", "Status"];

describe("a network that is made", () => {
  const { data, job } = templatesOf("create");

  it.each(COMMANDS)("lets %s out to each thing it needs by one rule", (command) => {
    expect(outOf(job, `${command}Group`)).toEqual([
      "tcp 443 pl-6da54004",
      "tcp 443 {parameter pawsmigrateordersprodendpointsecretsmanager}",
      "tcp 5432 {parameter pawsmigrateordersproddatabasesecuritygroup}",
    ]);
  });

  it("lets the functions, and nobody else, into the database and the endpoint", () => {
    expect(intoOthers(job)).toEqual(
      COMMANDS.flatMap((command) => [
        `{parameter pawsmigrateordersproddatabasesecuritygroup} from tcp 5432 {${command}Group}`,
        `{parameter pawsmigrateordersprodendpointsecretsmanager} from tcp 443 {${command}Group}`,
      ]).sort(),
    );
  });

  it("lets nothing out of the database and the endpoint, nor into any group from an address", () => {
    expect(outOf(data, "DatabaseGroup")).toEqual([NOTHING]);
    expect(outOf(data, "Networksecretsmanagergroup")).toEqual([NOTHING]);
    expect(outOf(data, "DatabaseBootstrap")).toEqual(["tcp 5432 {DatabaseGroup}"]);
    for (const template of [data, job]) {
      for (const [id, { Properties }] of resourcesOf(template, "AWS::EC2::SecurityGroup")) {
        expect(Properties.SecurityGroupIngress, id).toBeUndefined();
      }
    }
    expect(intoOthers(data)).toEqual(["{DatabaseGroup} from tcp 5432 {DatabaseBootstrap}"]);
  });

  it("has no way out: no gateway to the internet, no address translation, no public subnet", () => {
    for (const type of ["AWS::EC2::InternetGateway", "AWS::EC2::NatGateway", "AWS::EC2::Route"]) {
      expect(resourcesOf(data, type), type).toEqual([]);
    }
    const subnets = resourcesOf(data, "AWS::EC2::Subnet").map(([, { Properties }]) => Properties);
    expect(subnets.map(({ AvailabilityZone }) => AvailabilityZone)).toEqual(["eu-west-1a", "eu-west-1b"]);
    expect(subnets.every(({ MapPublicIpOnLaunch }) => MapPublicIpOnLaunch === false)).toBe(true);
  });

  it("has endpoints through which the functions' own calls go, and no others", () => {
    const bucket = "arn:aws:s3:::paws-orders-prod-bundles-111122223333-eu-west-1";
    expect(endpoints(data)).toEqual([
      {
        type: "Gateway",
        service: expect.stringMatching(/\.s3$/),
        allowed: [
          ["s3:GetObject", "s3:GetObjectVersion", "s3:ListBucket"],
          [bucket, `${bucket}/bundles/*`],
        ],
      },
      {
        type: "Interface",
        service: "com.amazonaws.eu-west-1.secretsmanager",
        allowed: [["secretsmanager:GetSecretValue"], ["{Loginsmigrator}", "{Loginsreader}"]],
      },
    ]);
  });

  it("writes down what it refused", () => {
    expect(resourcesOf(data, "AWS::EC2::FlowLog")[0]?.[1].Properties.TrafficType).toBe("REJECT");
  });
});

describe("a network that is there", () => {
  const { data, job } = templatesOf("existing");

  it.each(COMMANDS)("is joined by %s in its subnets, with a group of its own", (command) => {
    const [, lambda] = resourcesOf(job, "AWS::Lambda::Function").find(([id]) => id.startsWith(command)) ?? [];
    expect(lambda?.Properties.VpcConfig).toMatchObject({
      SubnetIds: ["subnet-0123456789abcdef0", "subnet-0123456789abcdef1"],
      SecurityGroupIds: [
        { "Fn::GetAtt": [expect.stringMatching(new RegExp(`^${command}Group`)), "GroupId"] },
      ],
    });
    expect(outOf(job, `${command}Group`)).toEqual([
      "tcp 443 sg-0aaaaaaaaaaaaaaa1",
      // Only who tells of runs needs the bus.
      ...(command === "Status" ? [] : ["tcp 443 sg-0aaaaaaaaaaaaaaa2"]),
      "tcp 5432 sg-0bbbbbbbbbbbbbbb1",
    ]);
  });

  it("is not added to", () => {
    expect(Object.keys(data.toJSON().Resources).filter((id) => id.startsWith("Network"))).toEqual([]);
  });

  it("gets the endpoints that are asked for, with what may go through", () => {
    const { data: added, job: through } = templatesOf("existing", {
      network: {
        mode: "existing",
        vpcId: "vpc-0000000a",
        subnetIds: ["subnet-0000000a"],
        azs: ["eu-west-1a"],
        endpoints: { s3: "create", events: "create" },
      },
    });
    expect(endpoints(added).map(({ service }) => service)).toEqual([
      "com.amazonaws.eu-west-1.events",
      "com.amazonaws.eu-west-1.s3",
    ]);
    expect(endpoints(added)[0]?.allowed).toEqual([
      ["events:PutEvents"],
      ["arn:aws:events:eu-west-1:111122223333:event-bus/deployments"],
    ]);
    expect(outOf(through, "ApplyGroup")).toContain("tcp 443 {parameter pawsmigratebillingprodendpoints3}");
  });
});

it("joins no network where there is none", () => {
  const { job } = templatesOf("local");
  expect(resourcesOf(job, "AWS::EC2::SecurityGroup")).toEqual([]);
  for (const [id, { Properties }] of resourcesOf(job, "AWS::Lambda::Function")) {
    expect(Properties.VpcConfig, id).toBeUndefined();
  }
});

function endpoints(template: Template) {
  return resourcesOf(template, "AWS::EC2::VPCEndpoint")
    .map(([, { Properties }]) => {
      const { Statement } = Properties.PolicyDocument as {
        readonly Statement: readonly { readonly Action: string | string[]; readonly Resource: unknown }[];
      };
      const [only] = Statement;
      return {
        type: Properties.VpcEndpointType,
        service: named(Properties.ServiceName),
        allowed: Statement.length === 1 && [[only?.Action].flat(), [only?.Resource].flat().map(named)],
      };
    })
    .sort((a, b) => (a.service < b.service ? -1 : 1))
    .sort((a, b) => (String(a.type) < String(b.type) ? -1 : 1));
}
