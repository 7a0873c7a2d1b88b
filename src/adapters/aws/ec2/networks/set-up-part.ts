import type { CallOptions, NetworkPartRequest } from "../../../../ports/index.js";
import { describeAwsFailure } from "../../aws-failure.js";
import { callEc2, type Ec2Door } from "../ec2-door.js";

/** What EC2 says where it is so already. */
const isSoAlready: ReadonlySet<string> = new Set(["Resource.AlreadyAssociated", "InvalidPermission.Duplicate"]);

/** Gives a part of a network what makes it usable. Repeated, it changes nothing. */
export async function setUpPart(door: Ec2Door, id: string, request: NetworkPartRequest, options: CallOptions): Promise<void> {
  const call = async (operation: string, send: (signal: AbortSignal) => Promise<unknown>): Promise<void> => {
    await callEc2(door, { operation, resource: id, signal: options.signal }, async ({ signal }) => {
      try {
        await send(signal);
      } catch (error) {
        if (!isSoAlready.has(describeAwsFailure(error)?.code ?? "")) throw error;
      }
    });
  };
  switch (request.kind) {
    case "vpc":
      // private names of endpoints need both; EC2 changes one at a time
      await call("ModifyVpcAttribute", async (abortSignal) => await door.ec2.send((aws) => new aws.ModifyVpcAttributeCommand({ VpcId: id, EnableDnsSupport: { Value: true } }), { abortSignal }));
      await call("ModifyVpcAttribute", async (abortSignal) => await door.ec2.send((aws) => new aws.ModifyVpcAttributeCommand({ VpcId: id, EnableDnsHostnames: { Value: true } }), { abortSignal }));
      return;
    case "route-table":
      for (const SubnetId of request.subnetIds) await call("AssociateRouteTable", async (abortSignal) => await door.ec2.send((aws) => new aws.AssociateRouteTableCommand({ RouteTableId: id, SubnetId }), { abortSignal }));
      return;
    case "security-group": {
      const { httpsFrom } = request;
      if (httpsFrom === undefined) return;
      const IpPermissions = [{ IpProtocol: "tcp", FromPort: 443, ToPort: 443, UserIdGroupPairs: [{ GroupId: httpsFrom }] }];
      await call("AuthorizeSecurityGroupIngress", async (abortSignal) => await door.ec2.send((aws) => new aws.AuthorizeSecurityGroupIngressCommand({ GroupId: id, IpPermissions }), { abortSignal }));
      return;
    }
    case "endpoint": {
      const { policy: PolicyDocument } = request;
      if (PolicyDocument !== undefined) await call("ModifyVpcEndpoint", async (abortSignal) => await door.ec2.send((aws) => new aws.ModifyVpcEndpointCommand({ VpcEndpointId: id, PolicyDocument }), { abortSignal }));
      return;
    }
    case "subnet":
      return;
  }
}
