import type { ResourceKind } from "../resource-id.js";

/** What an operation is about: the parameters that name resources, and the kinds of which it makes some. */
export interface OperationResources {
  readonly named?: Readonly<Record<string, ResourceKind>>;
  readonly made?: readonly ResourceKind[];
}

/**
 * The resources of each operation that changes something, or shows something of one resource. All others are about no single resource.
 *
 * @see https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2.html
 */
export const operationResources: Readonly<Record<string, OperationResources>> = {
  AllocateAddress: { made: ["elastic-ip"] },
  AssociateAddress: { named: { AllocationId: "elastic-ip", InstanceId: "instance", NetworkInterfaceId: "network-interface" } },
  AssociateRouteTable: { named: { RouteTableId: "route-table", SubnetId: "subnet" } },
  AttachInternetGateway: { named: { InternetGatewayId: "internet-gateway", VpcId: "vpc" } },
  AttachVolume: { named: { InstanceId: "instance", VolumeId: "volume" } },
  AuthorizeSecurityGroupEgress: { named: { GroupId: "security-group" } },
  AuthorizeSecurityGroupIngress: { named: { GroupId: "security-group" } },
  CopySnapshot: { named: { SourceSnapshotId: "snapshot" }, made: ["snapshot"] },
  CreateInternetGateway: { made: ["internet-gateway"] },
  CreateRoute: { named: { RouteTableId: "route-table" } },
  CreateRouteTable: { named: { VpcId: "vpc" }, made: ["route-table"] },
  CreateSecurityGroup: { named: { VpcId: "vpc" }, made: ["security-group"] },
  CreateSnapshot: { named: { VolumeId: "volume" }, made: ["snapshot"] },
  CreateSubnet: { named: { VpcId: "vpc" }, made: ["subnet"] },
  CreateVolume: { named: { SnapshotId: "snapshot" }, made: ["volume"] },
  CreateVpc: { made: ["vpc"] },
  CreateVpcEndpoint: {
    named: { VpcId: "vpc", RouteTableIds: "route-table", SubnetIds: "subnet", SecurityGroupIds: "security-group" },
    made: ["vpc-endpoint"],
  },
  DeleteInternetGateway: { named: { InternetGatewayId: "internet-gateway" } },
  DeleteNetworkInterface: { named: { NetworkInterfaceId: "network-interface" } },
  DeleteRoute: { named: { RouteTableId: "route-table" } },
  DeleteRouteTable: { named: { RouteTableId: "route-table" } },
  DeleteSecurityGroup: { named: { GroupId: "security-group" } },
  DeleteSnapshot: { named: { SnapshotId: "snapshot" } },
  DeleteSubnet: { named: { SubnetId: "subnet" } },
  DeleteVolume: { named: { VolumeId: "volume" } },
  DeleteVpc: { named: { VpcId: "vpc" } },
  DeleteVpcEndpoints: { named: { VpcEndpointIds: "vpc-endpoint" } },
  DeregisterImage: { named: { ImageId: "image" } },
  DetachInternetGateway: { named: { InternetGatewayId: "internet-gateway", VpcId: "vpc" } },
  DetachVolume: { named: { InstanceId: "instance", VolumeId: "volume" } },
  DisassociateAddress: { made: ["elastic-ip"] },
  GetConsoleOutput: { named: { InstanceId: "instance" } },
  ImportKeyPair: { made: ["key-pair"] },
  LockSnapshot: { named: { SnapshotId: "snapshot" } },
  ModifyInstanceAttribute: { named: { InstanceId: "instance" } },
  ModifyNetworkInterfaceAttribute: { named: { NetworkInterfaceId: "network-interface" } },
  ModifySnapshotAttribute: { named: { SnapshotId: "snapshot" } },
  ModifySubnetAttribute: { named: { SubnetId: "subnet" } },
  ModifyVolume: { named: { VolumeId: "volume" } },
  ModifyVpcAttribute: { named: { VpcId: "vpc" } },
  ModifyVpcEndpoint: { named: { VpcEndpointId: "vpc-endpoint" } },
  RegisterImage: { made: ["image"] },
  ReleaseAddress: { named: { AllocationId: "elastic-ip" } },
  ResetSnapshotAttribute: { named: { SnapshotId: "snapshot" } },
  RevokeSecurityGroupEgress: { named: { GroupId: "security-group" } },
  RevokeSecurityGroupIngress: { named: { GroupId: "security-group" } },
  StartInstances: { named: { InstanceIds: "instance" } },
  StopInstances: { named: { InstanceIds: "instance" } },
  TerminateInstances: { named: { InstanceIds: "instance" } },
  UnlockSnapshot: { named: { SnapshotId: "snapshot" } },
};
