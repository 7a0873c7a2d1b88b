import { zonesOf } from "../regions/zones.js";
import { derivedId } from "../resource-id.js";
import type { Scope } from "../scope.js";
import type { InternetGatewayRecord, RouteTableRecord, SecurityGroupRecord, SubnetRecord, VpcRecord } from "./network-records.js";

/** https://docs.aws.amazon.com/vpc/latest/userguide/default-vpc-components.html: 172.31.0.0/16 with a /20 in each zone. */
const VPC_BLOCK = "172.31.0.0/16";
const THIRDS_PER_SUBNET = 16;

/** What every account has in each region from its beginning. A record of the same id takes the place of one of these. */
export interface DefaultNetwork {
  readonly vpc: VpcRecord;
  readonly subnets: readonly SubnetRecord[];
  readonly routeTable: RouteTableRecord;
  readonly gateway: InternetGatewayRecord;
  readonly group: SecurityGroupRecord;
}

export function defaultNetwork({ accountId, region }: Scope): DefaultNetwork {
  const scope = { accountId, region };
  const vpcId = derivedId("vpc", accountId, region, "default");
  const internetGatewayId = derivedId("igw", vpcId);
  return {
    vpc: { ...scope, vpcId, cidrBlock: VPC_BLOCK, isDefault: true, hasDnsSupport: true, hasDnsHostnames: true },
    subnets: zonesOf(region).map((zone) => ({
      ...scope,
      subnetId: derivedId("subnet", accountId, zone.name),
      vpcId,
      zoneName: zone.name,
      cidrBlock: `172.31.${zone.index * THIRDS_PER_SUBNET}.0/20`,
      isDefault: true,
      givesPublicAddresses: true,
    })),
    routeTable: { ...mainRouteTable(scope, vpcId), routes: [{ destination: "0.0.0.0/0", gatewayId: internetGatewayId }] },
    gateway: { ...scope, internetGatewayId, vpcId },
    group: defaultGroup(scope, vpcId, derivedId("sg", accountId, region, "default")),
  };
}

/** The table that a VPC begins with: nothing but the way within. */
export function mainRouteTable({ accountId, region }: Scope, vpcId: string): RouteTableRecord {
  return { accountId, region, routeTableId: derivedId("rtb", vpcId), vpcId, isMain: true, associations: [], routes: [] };
}

/** The group that a VPC begins with: its members among themselves, and everything outwards. */
export function defaultGroup({ accountId, region }: Scope, vpcId: string, groupId: string): SecurityGroupRecord {
  const ingress = [{ ruleId: derivedId("sgr", groupId, "in"), protocol: "-1", groupId }];
  return { accountId, region, groupId, vpcId, name: "default", description: "default VPC security group", ingress, egress: [everythingOut(groupId)] };
}

/** What every new group has. */
export function everythingOut(groupId: string): SecurityGroupRecord["egress"][number] {
  return { ruleId: derivedId("sgr", groupId, "out"), protocol: "-1", cidrBlock: "0.0.0.0/0" };
}
