import type { ResolvedIamOptions } from "../iam-options.js";
import type { IamPolicyStatement } from "../policy-document.js";
import { allow, describing, ec2Arns, madeBy } from "./allow.js";

const parts = ["vpc", "subnet", "route-table", "security-group", "vpc-endpoint"];

/** Makes the private network of workers, and removes it: `createNetwork`, `planNetwork` and `removeNetwork`. What is not this appliance's is out of reach. */
export function networkStatements(options: ResolvedIamOptions): IamPolicyStatement[] {
  const { applianceId, backup, partition } = options;
  const arns = (...kinds: readonly string[]): string[] => ec2Arns(options, backup, ...kinds);
  const own = { StringEquals: { "aws:ResourceTag/holdfast:appliance": applianceId } };
  const tagged = { StringEquals: { "aws:RequestTag/holdfast:appliance": applianceId } };
  return [
    describing(options, "FindNetworks", ["ec2:DescribeAvailabilityZones", "ec2:DescribeVpcs", "ec2:DescribeSubnets", "ec2:DescribeRouteTables", "ec2:DescribeSecurityGroups", "ec2:DescribeVpcEndpoints"]),
    allow("MakeNetwork", ["ec2:CreateVpc"], arns("vpc"), tagged),
    allow("MakeSubnets", ["ec2:CreateSubnet"], arns("subnet"), tagged),
    allow("MakeRouteTables", ["ec2:CreateRouteTable"], arns("route-table"), tagged),
    allow("MakeSecurityGroups", ["ec2:CreateSecurityGroup"], arns("security-group"), tagged),
    allow("MakeEndpoints", ["ec2:CreateVpcEndpoint"], arns("vpc-endpoint"), tagged),
    allow("MakeThemInOwnNetwork", ["ec2:CreateSubnet", "ec2:CreateRouteTable", "ec2:CreateSecurityGroup", "ec2:CreateVpcEndpoint"], arns("vpc"), own),
    allow("TieEndpointsToOwnNetwork", ["ec2:CreateVpcEndpoint"], arns("subnet", "route-table", "security-group"), own),
    allow("TagNewParts", ["ec2:CreateTags"], arns(...parts), madeBy("CreateVpc", "CreateSubnet", "CreateRouteTable", "CreateSecurityGroup", "CreateVpcEndpoint")),
    // the zones of AWS's own services, into which an endpoint with private names puts its VPC, have no names that could be told beforehand
    allow("GiveEndpointsTheirNames", ["route53:AssociateVPCWithHostedZone"], [`arn:${partition}:route53:::hostedzone/*`]),
    allow("SetUpOwnNetwork", ["ec2:ModifyVpcAttribute"], arns("vpc"), own),
    allow("SetUpOwnRoutes", ["ec2:AssociateRouteTable"], arns("route-table", "subnet"), own),
    allow("OpenOwnEndpoints", ["ec2:AuthorizeSecurityGroupIngress"], arns("security-group"), own),
    allow("LimitOwnEndpoints", ["ec2:ModifyVpcEndpoint"], arns("vpc-endpoint"), own),
    allow("RemoveOwnNetwork", ["ec2:DeleteVpc"], arns("vpc"), own),
    allow("RemoveOwnSubnets", ["ec2:DeleteSubnet"], arns("subnet"), own),
    allow("RemoveOwnRouteTables", ["ec2:DeleteRouteTable"], arns("route-table"), own),
    allow("RemoveOwnSecurityGroups", ["ec2:DeleteSecurityGroup"], arns("security-group"), own),
    allow("RemoveOwnEndpoints", ["ec2:DeleteVpcEndpoints"], arns("vpc-endpoint"), own),
  ];
}
