import type * as ec2 from "@aws-sdk/client-ec2";
import type { Ec2Environment } from "../ec2-environment.js";
import { requireInstanceType } from "../instance-types/instance-types.js";
import { derivedId } from "../resource-id.js";
import { describeTagList } from "../tags/tag-rules.js";
import { attachmentsOf } from "../volumes/attachment.js";
import { describeProductCodes } from "../images/describe-images.js";
import { addressesOf, groupsOf } from "../network/network.js";
import { interfacesOf } from "./instance-interfaces.js";
import { macAddressOf, privateNameOf, publicNameOf } from "./instance-names.js";
import type { InstanceInterface, InstanceRecord } from "./instance-record.js";
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
    CpuOptions: { CoreCount: instance.choices?.cpu?.cores ?? requireInstanceType(instance.instanceType).vcpus, ThreadsPerCore: instance.choices?.cpu?.threads ?? 1 },
    ...describeChoices(instance),
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
    ProductCodes: describeProductCodes(instance.licence),
    Platform: instance.licence?.platform,
    PlatformDetails: instance.licence?.platformDetails ?? "Linux/UNIX",
    UsageOperation: instance.licence?.usageOperation ?? "RunInstances",
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
  const { vpcId, subnetId, privateIpAddress } = instance;
  return {
    VpcId: vpcId,
    SubnetId: subnetId,
    PrivateIpAddress: privateIpAddress,
    SecurityGroups: describeGroups(environment, instance),
    NetworkInterfaces: interfacesOf(instance).map((one) => describeInterface(environment, instance, one)),
  };
}

function describeInterface(environment: Ec2Environment, instance: InstanceRecord, one: InstanceInterface): ec2.InstanceNetworkInterface {
  const { networkInterfaceId, address, groupIds } = one;
  const isPrimary = networkInterfaceId === instance.networkInterfaceId;
  const groups = groupsOf(environment, instance);
  const isElastic = addressesOf(environment, instance).some((elastic) => elastic.networkInterfaceId === networkInterfaceId);
  const association =
    !isPrimary || instance.publicIpAddress === undefined
      ? undefined
      : { PublicIp: instance.publicIpAddress, PublicDnsName: publicNameOf(instance), IpOwnerId: isElastic ? instance.accountId : "amazon" };
  const named = (PrivateIpAddress: string): { readonly PrivateIpAddress: string; readonly PrivateDnsName: string } => ({ PrivateIpAddress, PrivateDnsName: privateNameOf({ ...instance, privateIpAddress: PrivateIpAddress }) });
  return {
    ...named(address),
    NetworkInterfaceId: networkInterfaceId,
    OwnerId: instance.accountId,
    VpcId: instance.vpcId,
    SubnetId: one.subnetId,
    Description: one.description,
    InterfaceType: "interface",
    MacAddress: macAddressOf(networkInterfaceId),
    Status: "in-use",
    SourceDestCheck: one.isSourceDestChecked,
    Groups: groupIds.map((GroupId) => ({ GroupId, GroupName: groups.find((group) => group.groupId === GroupId)?.name ?? "" })),
    Ipv6Addresses: [],
    PrivateIpAddresses: [{ ...named(address), Primary: true, Association: association }, ...one.secondaryAddresses.map((secondary) => ({ ...named(secondary), Primary: false }))],
    Association: association,
    Attachment: {
      AttachmentId: derivedId("eni-attach", networkInterfaceId),
      AttachTime: new Date(instance.launchedAt),
      DeleteOnTermination: one.deleteOnTermination,
      DeviceIndex: one.deviceIndex,
      NetworkCardIndex: one.networkCardIndex,
      Status: "attached",
    },
  };
}

function describeChoices({ choices = {} }: InstanceRecord): Partial<ec2.Instance> {
  return {
    HibernationOptions: { Configured: choices.canHibernate ?? false },
    EnclaveOptions: { Enabled: choices.hasEnclave ?? false },
    PrivateDnsNameOptions: { HostnameType: (choices.hostnameType ?? "ip-name") as ec2.HostnameType, EnableResourceNameDnsARecord: choices.hasDnsName ?? false, EnableResourceNameDnsAAAARecord: false },
    MaintenanceOptions: { AutoRecovery: (choices.autoRecovery ?? "default") as ec2.InstanceAutoRecoveryState },
    CapacityReservationSpecification: { CapacityReservationPreference: (choices.capacityPreference ?? "open") as ec2.CapacityReservationPreference },
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
