import type { ResourceType } from "@aws-sdk/client-ec2";
import { ProviderError } from "../../../../errors/index.js";
import type { CallOptions, NetworkPartRequest, Tags } from "../../../../ports/index.js";
import { toTags } from "../ec2-answer.js";
import { callEc2, type Ec2Door } from "../ec2-door.js";

/** Makes a part of a network, and gives its id. */
export async function createPart(door: Ec2Door, request: NetworkPartRequest, tags: Tags, options: CallOptions): Promise<string> {
  const tagged = (ResourceType: ResourceType): { readonly TagSpecifications: { readonly ResourceType: ResourceType; readonly Tags: ReturnType<typeof toTags> }[] } => ({ TagSpecifications: [{ ResourceType, Tags: toTags(tags) }] });
  const call = async <Answer>(operation: string, send: (signal: AbortSignal) => Promise<Answer>): Promise<Answer> => await callEc2(door, { operation, permissions: [`ec2:${operation}`, "ec2:CreateTags"], signal: options.signal }, async ({ signal }) => await send(signal));
  switch (request.kind) {
    case "vpc": {
      const { Vpc } = await call("CreateVpc", async (abortSignal) => await door.ec2.send((aws) => new aws.CreateVpcCommand({ CidrBlock: request.range, ...tagged("vpc") }), { abortSignal }));
      return idOf(Vpc?.VpcId, "CreateVpc");
    }
    case "subnet": {
      const { vpcId: VpcId, range: CidrBlock, availabilityZone: AvailabilityZone } = request;
      const { Subnet } = await call("CreateSubnet", async (abortSignal) => await door.ec2.send((aws) => new aws.CreateSubnetCommand({ VpcId, CidrBlock, AvailabilityZone, ...tagged("subnet") }), { abortSignal }));
      return idOf(Subnet?.SubnetId, "CreateSubnet");
    }
    case "route-table": {
      const { RouteTable } = await call("CreateRouteTable", async (abortSignal) => await door.ec2.send((aws) => new aws.CreateRouteTableCommand({ VpcId: request.vpcId, ...tagged("route-table") }), { abortSignal }));
      return idOf(RouteTable?.RouteTableId, "CreateRouteTable");
    }
    case "security-group": {
      const { vpcId: VpcId, name: GroupName, description: Description } = request;
      const { GroupId } = await call("CreateSecurityGroup", async (abortSignal) => await door.ec2.send((aws) => new aws.CreateSecurityGroupCommand({ VpcId, GroupName, Description, ...tagged("security-group") }), { abortSignal }));
      return idOf(GroupId, "CreateSecurityGroup");
    }
    case "endpoint": {
      const { vpcId: VpcId, service, type, subnetIds, routeTableIds, securityGroupIds, policy } = request;
      const kind = type === "gateway" ? { VpcEndpointType: "Gateway" as const, RouteTableIds: [...routeTableIds] } : { VpcEndpointType: "Interface" as const, SubnetIds: [...subnetIds], SecurityGroupIds: [...securityGroupIds], PrivateDnsEnabled: true };
      const { VpcEndpoint } = await call("CreateVpcEndpoint", async (abortSignal) => await door.ec2.send((aws) => new aws.CreateVpcEndpointCommand({ VpcId, ServiceName: `com.amazonaws.${door.region}.${service}`, ...(policy !== undefined && { PolicyDocument: policy }), ...kind, ...tagged("vpc-endpoint") }), { abortSignal }));
      return idOf(VpcEndpoint?.VpcEndpointId, "CreateVpcEndpoint");
    }
  }
}

function idOf(id: string | undefined, operation: string): string {
  if (id !== undefined) return id;
  throw new ProviderError(`ec2:${operation} named nothing that it made: the endpoint does not speak EC2 as AWS does.`, { code: "InvalidAnswer", service: "ec2", operation });
}
