import type * as ec2 from "@aws-sdk/client-ec2";
import type { Ec2Environment } from "../ec2-environment.js";
import { requireInstanceType } from "../instance-types/instance-types.js";
import { derivedId } from "../resource-id.js";
import { describeTagList } from "../tags/tag-rules.js";
import { attachmentsOf } from "../volumes/attachment.js";
import { groupsOf } from "../network/network.js";
import { macAddressOf, privateNameOf, publicNameOf } from "./instance-names.js";
import type { InstanceRecord } from "./instance-record.js";
import { describeState, stateOf } from "./instance-state.js";

/** An instance as EC2 shows it. */
export function describeInstance(environment: Ec2Environment, instance: InstanceRecord): ec2.Instance {
  const state = stateOf(environment, instance);
  const isGone = instance.target === "terminated";
  const zone = { AvailabilityZone: instance.availabilityZone, GroupName: "", Tenancy: instance.tenancy as ec2.Tenancy };
  return {
    InstanceId: instance.instanceId,
    ImageId: instance.imageId,
    State: describeState(state),
    StateTransitionReason: instance.transitionReason,
    StateReason: describeReason(instance),
    AmiLaunchIndex: instance.launchIndex,
    LaunchTime: new Date(instance.launchedAt),
    InstanceType: instance.instanceType as ec2._InstanceType,
    Architecture: instance.architecture as ec2.ArchitectureValues,
    BootMode: instance.bootMode as ec2.BootModeValues | undefined,
    CurrentInstanceBootMode: instance.architecture === "arm64" || instance.bootMode?.startsWith("uefi") === true ? "uefi" : "legacy-bios",
    CpuOptions: { CoreCount: requireInstanceType(instance.instanceType).vcpus, ThreadsPerCore: 1 },
    Placement: zone,
    KeyName: instance.keyName,
    ClientToken: instance.clientToken ?? "",
    RootDeviceName: instance.rootDeviceName,
    RootDeviceType: "ebs",
    BlockDeviceMappings: describeInstanceDevices(environment, instance),
    IamInstanceProfile: instance.profile === undefined ? undefined : { Arn: instance.profile.arn, Id: instance.profile.id },
    InstanceLifecycle: instance.isSpot ? "spot" : undefined,
    SpotInstanceRequestId: instance.isSpot ? derivedId("sir", instance.instanceId) : undefined,
    PublicDnsName: isGone ? "" : publicNameOf(instance),
    PublicIpAddress: isGone ? undefined : instance.publicIpAddress,
    PrivateDnsName: isGone ? "" : privateNameOf(instance),
    ...(isGone ? { SecurityGroups: [], NetworkInterfaces: [] } : describeNetwork(environment, instance)),
    SourceDestCheck: isGone ? undefined : instance.isSourceDestChecked,
    EbsOptimized: instance.isEbsOptimized,
    EnaSupport: true,
    Hypervisor: "xen",
    VirtualizationType: "hvm",
    Monitoring: { State: instance.isMonitored ? "enabled" : "disabled" },
    MetadataOptions: describeMetadataOptions(instance),
    ProductCodes: [],
    PlatformDetails: "Linux/UNIX",
    UsageOperation: "RunInstances",
    UsageOperationUpdateTime: new Date(instance.launchedAt),
    Tags: describeTagList(instance.tags),
  };
}

/** The instances of one launch. */
export function describeReservation(environment: Ec2Environment, instances: readonly InstanceRecord[]): ec2.Reservation {
  const [first] = instances;
  return {
    ReservationId: first?.reservationId,
    OwnerId: first?.accountId,
    Groups: [],
    Instances: instances.map((instance) => describeInstance(environment, instance)),
  };
}

export function describeInstanceDevices(environment: Ec2Environment, { instanceId }: InstanceRecord): ec2.InstanceBlockDeviceMapping[] {
  return attachmentsOf(environment, instanceId).map((attachment) => ({
    DeviceName: attachment.deviceName,
    Ebs: {
      VolumeId: attachment.volumeId,
      Status: "attached",
      AttachTime: new Date(attachment.attachedAt),
      DeleteOnTermination: attachment.deleteOnTermination,
    },
  }));
}

export function describeGroups(environment: Ec2Environment, instance: InstanceRecord): ec2.GroupIdentifier[] {
  const groups = groupsOf(environment, instance);
  return instance.securityGroupIds.map((GroupId) => ({ GroupId, GroupName: groups.find((group) => group.groupId === GroupId)?.name ?? "" }));
}

function describeNetwork(environment: Ec2Environment, instance: InstanceRecord): Pick<ec2.Instance, "VpcId" | "SubnetId" | "PrivateIpAddress" | "SecurityGroups" | "NetworkInterfaces"> {
  const { vpcId, subnetId, privateIpAddress, networkInterfaceId, publicIpAddress } = instance;
  const association = publicIpAddress === undefined ? undefined : { PublicIp: publicIpAddress, PublicDnsName: publicNameOf(instance), IpOwnerId: "amazon" };
  const address = { PrivateIpAddress: privateIpAddress, PrivateDnsName: privateNameOf(instance) };
  return {
    VpcId: vpcId,
    SubnetId: subnetId,
    PrivateIpAddress: privateIpAddress,
    SecurityGroups: describeGroups(environment, instance),
    NetworkInterfaces: [
      {
        ...address,
        NetworkInterfaceId: networkInterfaceId,
        OwnerId: instance.accountId,
        VpcId: vpcId,
        SubnetId: subnetId,
        Description: "",
        InterfaceType: "interface",
        MacAddress: macAddressOf(networkInterfaceId),
        Status: "in-use",
        SourceDestCheck: instance.isSourceDestChecked,
        Groups: describeGroups(environment, instance),
        Ipv6Addresses: [],
        PrivateIpAddresses: [{ ...address, Primary: true, Association: association }],
        Association: association,
        Attachment: {
          AttachmentId: derivedId("eni-attach", networkInterfaceId),
          AttachTime: new Date(instance.launchedAt),
          DeleteOnTermination: instance.keepsInterface !== true,
          DeviceIndex: 0,
          NetworkCardIndex: 0,
          Status: "attached",
        },
      },
    ],
  };
}

function describeMetadataOptions({ metadata }: InstanceRecord): ec2.InstanceMetadataOptionsResponse {
  return {
    State: "applied",
    HttpTokens: metadata.httpTokens as ec2.HttpTokensState,
    HttpPutResponseHopLimit: metadata.hopLimit,
    HttpEndpoint: metadata.httpEndpoint as ec2.InstanceMetadataEndpointState,
    HttpProtocolIpv6: metadata.httpProtocolIpv6 as ec2.InstanceMetadataProtocolState,
    InstanceMetadataTags: metadata.instanceMetadataTags as ec2.InstanceMetadataTagsState,
  };
}

function describeReason({ stateReason }: InstanceRecord): ec2.StateReason | undefined {
  return stateReason === undefined ? undefined : { Code: stateReason.code, Message: stateReason.message };
}
