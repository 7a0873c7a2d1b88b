import type { RequestContext } from "../service.js";
import type { Ec2Environment } from "./ec2-environment.js";
import * as encryption from "./encryption/encryption-operations.js";
import { deregisterImage } from "./images/deregister-image.js";
import { describeImages } from "./images/describe-images.js";
import { registerImage } from "./images/register-image.js";
import { describeInstanceTypeOfferings } from "./instance-types/describe-instance-type-offerings.js";
import { describeInstanceTypes } from "./instance-types/describe-instance-types.js";
import { describeInstanceAttribute } from "./instances/describe-instance-attribute.js";
import { describeCreditSpecifications } from "./instances/describe-credit-specifications.js";
import { describeInstanceStatus } from "./instances/describe-instance-status.js";
import { describeInstances } from "./instances/describe-instances.js";
import { getConsoleOutput } from "./instances/get-console-output.js";
import { modifyNetworkInterfaceAttribute } from "./instances/instance-interfaces.js";
import { modifyInstanceAttribute } from "./instances/modify-instance-attribute.js";
import { runInstances } from "./instances/run-instances.js";
import { startInstances } from "./instances/start-instances.js";
import { stopInstances } from "./instances/stop-instances.js";
import { terminateInstances } from "./instances/terminate-instances.js";
import { describeKeyPairs, importKeyPair } from "./key-pairs/key-pairs.js";
import * as addresses from "./network/elastic-addresses.js";
import * as gateways from "./network/internet-gateways.js";
import { deleteNetworkInterface, describeNetworkInterfaces } from "./network/network-interfaces.js";
import { describePrefixLists } from "./network/prefix-lists.js";
import * as routes from "./network/route-tables.js";
import * as rules from "./network/group-rules.js";
import * as groups from "./network/security-groups.js";
import * as subnets from "./network/subnets.js";
import * as endpoints from "./network/vpc-endpoints.js";
import * as vpcs from "./network/vpcs.js";
import { describeAvailabilityZones } from "./regions/describe-availability-zones.js";
import { describeRegions } from "./regions/describe-regions.js";
import { copySnapshot } from "./snapshots/copy-snapshot.js";
import { createSnapshot } from "./snapshots/create-snapshot.js";
import { createSnapshots } from "./snapshots/create-snapshots.js";
import { deleteSnapshot } from "./snapshots/delete-snapshot.js";
import { describeSnapshotAttribute } from "./snapshots/describe-snapshot-attribute.js";
import { describeSnapshots } from "./snapshots/describe-snapshots.js";
import { describeLockedSnapshots, lockSnapshot, unlockSnapshot } from "./snapshots/lock-snapshot.js";
import { modifySnapshotAttribute, resetSnapshotAttribute } from "./snapshots/modify-snapshot-attribute.js";
import { createTags } from "./tags/create-tags.js";
import { deleteTags } from "./tags/delete-tags.js";
import { describeTags } from "./tags/describe-tags.js";
import { attachVolume } from "./volumes/attach-volume.js";
import { createVolume } from "./volumes/create-volume.js";
import { deleteVolume } from "./volumes/delete-volume.js";
import { describeVolumes } from "./volumes/describe-volumes.js";
import { describeVolumesModifications } from "./volumes/describe-volumes-modifications.js";
import { detachVolume } from "./volumes/detach-volume.js";
import { modifyVolume } from "./volumes/modify-volume.js";

/** What an operation does in its environment, in the client's own types. */
export type Ec2Operation = (environment: Ec2Environment, input: never, context: RequestContext) => unknown;

/** The operations that this cloud has. */
export const ec2Operations: Readonly<Record<string, Ec2Operation>> = {
  AllocateAddress: addresses.allocateAddress,
  AssociateAddress: addresses.associateAddress,
  AssociateRouteTable: routes.associateRouteTable,
  AttachInternetGateway: gateways.attachInternetGateway,
  AttachVolume: attachVolume,
  AuthorizeSecurityGroupEgress: rules.authorizeEgress,
  AuthorizeSecurityGroupIngress: rules.authorizeIngress,
  CopySnapshot: copySnapshot,
  CreateInternetGateway: gateways.createInternetGateway,
  CreateRoute: routes.createRoute,
  CreateRouteTable: routes.createRouteTable,
  CreateSecurityGroup: groups.createSecurityGroup,
  CreateSnapshot: createSnapshot,
  CreateSnapshots: createSnapshots,
  CreateSubnet: subnets.createSubnet,
  CreateTags: createTags,
  CreateVolume: createVolume,
  CreateVpc: vpcs.createVpc,
  CreateVpcEndpoint: endpoints.createVpcEndpoint,
  DeleteInternetGateway: gateways.deleteInternetGateway,
  DeleteNetworkInterface: deleteNetworkInterface,
  DeleteRoute: routes.deleteRoute,
  DeleteRouteTable: routes.deleteRouteTable,
  DeleteSecurityGroup: groups.deleteSecurityGroup,
  DeleteSnapshot: deleteSnapshot,
  DeleteSubnet: subnets.deleteSubnet,
  DeleteTags: deleteTags,
  DeleteVolume: deleteVolume,
  DeleteVpc: vpcs.deleteVpc,
  DeleteVpcEndpoints: endpoints.deleteVpcEndpoints,
  DeregisterImage: deregisterImage,
  DescribeAddresses: addresses.describeAddresses,
  DescribeAvailabilityZones: describeAvailabilityZones,
  DescribeImages: describeImages,
  DescribeInstanceAttribute: describeInstanceAttribute,
  DescribeInstanceCreditSpecifications: describeCreditSpecifications,
  DescribeInstanceStatus: describeInstanceStatus,
  DescribeInstanceTypeOfferings: describeInstanceTypeOfferings,
  DescribeInstanceTypes: describeInstanceTypes,
  DescribeInstances: describeInstances,
  DescribeInternetGateways: gateways.describeInternetGateways,
  DescribeKeyPairs: describeKeyPairs,
  DescribeLockedSnapshots: describeLockedSnapshots,
  DescribeNetworkInterfaces: describeNetworkInterfaces,
  DescribePrefixLists: describePrefixLists,
  DescribeRegions: describeRegions,
  DescribeRouteTables: routes.describeRouteTables,
  DescribeSecurityGroupRules: rules.describeSecurityGroupRules,
  DescribeSecurityGroups: groups.describeSecurityGroups,
  DescribeSnapshotAttribute: describeSnapshotAttribute,
  DescribeSnapshots: describeSnapshots,
  DescribeSubnets: subnets.describeSubnets,
  DescribeTags: describeTags,
  DescribeVolumes: describeVolumes,
  DescribeVolumesModifications: describeVolumesModifications,
  DescribeVpcAttribute: vpcs.describeVpcAttribute,
  DescribeVpcEndpointServices: endpoints.describeVpcEndpointServices,
  DescribeVpcEndpoints: endpoints.describeVpcEndpoints,
  DescribeVpcs: vpcs.describeVpcs,
  DetachInternetGateway: gateways.detachInternetGateway,
  DetachVolume: detachVolume,
  DisableEbsEncryptionByDefault: encryption.disableEncryptionByDefault,
  DisassociateAddress: addresses.disassociateAddress,
  DisassociateRouteTable: routes.disassociateRouteTable,
  EnableEbsEncryptionByDefault: encryption.enableEncryptionByDefault,
  GetConsoleOutput: getConsoleOutput,
  GetEbsDefaultKmsKeyId: encryption.getDefaultKey,
  GetEbsEncryptionByDefault: encryption.getEncryptionByDefault,
  ImportKeyPair: importKeyPair,
  ModifyEbsDefaultKmsKeyId: encryption.modifyDefaultKey,
  LockSnapshot: lockSnapshot,
  ModifyInstanceAttribute: modifyInstanceAttribute,
  ModifyNetworkInterfaceAttribute: modifyNetworkInterfaceAttribute,
  ModifySnapshotAttribute: modifySnapshotAttribute,
  ModifySubnetAttribute: subnets.modifySubnetAttribute,
  ModifyVolume: modifyVolume,
  ModifyVpcAttribute: vpcs.modifyVpcAttribute,
  ModifyVpcEndpoint: endpoints.modifyVpcEndpoint,
  RegisterImage: registerImage,
  ReleaseAddress: addresses.releaseAddress,
  ResetEbsDefaultKmsKeyId: encryption.resetDefaultKey,
  ResetSnapshotAttribute: resetSnapshotAttribute,
  RevokeSecurityGroupEgress: rules.revokeEgress,
  RevokeSecurityGroupIngress: rules.revokeIngress,
  RunInstances: runInstances,
  StartInstances: startInstances,
  StopInstances: stopInstances,
  TerminateInstances: terminateInstances,
  UnlockSnapshot: unlockSnapshot,
};
