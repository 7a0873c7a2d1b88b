import type { InstanceNetworkInterfaceSpecification, Placement, RunInstancesCommandInput, _InstanceType } from "@aws-sdk/client-ec2";
import type { LaunchInstanceRequest, LaunchInterface } from "../../../../ports/index.js";
import { toInstanceProfile, toTags } from "../ec2-answer.js";
import { capturedAttributes, type CapturedAttributes } from "./read-captured.js";

/** RunInstances for a restored instance: what was captured, with what the request changes. Protection is set later, when nothing needs to be undone any more. */
export function launchInput(request: LaunchInstanceRequest): RunInstancesCommandInput {
  const captured = capturedAttributes(request.captured);
  const { instanceProfile, userData } = request;
  const isSameType = captured.InstanceType === request.instanceType;
  const base64 = userData === "captured" ? (captured.UserData ?? undefined) : userData?.base64;
  return {
    ImageId: request.imageId,
    // AWS adds types more often than this is released: whether the name is one is for AWS to say.
    InstanceType: request.instanceType as _InstanceType,
    MinCount: 1,
    MaxCount: 1,
    ClientToken: request.clientToken,
    Placement: placementOf(captured, request),
    NetworkInterfaces: request.interfaces.map(interfaceInput),
    ...(request.keyName !== undefined && { KeyName: request.keyName }),
    ...(instanceProfile !== undefined && { IamInstanceProfile: toInstanceProfile(instanceProfile) }),
    ...(base64 !== undefined && { UserData: base64 }),
    ...(request.omittedDevices.length > 0 && { BlockDeviceMappings: request.omittedDevices.map((DeviceName) => ({ DeviceName, NoDevice: "" })) }),
    ...settingsOf(captured),
    ...(isSameType ? settingsOfType(captured) : {}),
    ...(request.isHome ? settingsAtHome(captured) : {}),
    TagSpecifications: [
      { ResourceType: "instance", Tags: toTags(request.instanceTags) },
      ...(["volume", "network-interface"] as const).map((ResourceType) => ({ ResourceType, Tags: toTags(request.partTags) })),
    ],
  };
}

/** Tenancy and partitions are the instance's own; groups and hosts are the account's. */
function placementOf({ Placement: placement = {} }: CapturedAttributes, { availabilityZone, isHome }: LaunchInstanceRequest): Placement {
  const { Tenancy: tenancy, GroupName: group, PartitionNumber: partition, HostId: host, Affinity: affinity, HostResourceGroupArn: hostGroup } = placement;
  const isGrouped = isHome && group !== undefined && group !== "";
  return {
    AvailabilityZone: availabilityZone,
    ...(tenancy !== undefined && (tenancy !== "host" || isHome) && { Tenancy: tenancy }),
    ...(isGrouped && { GroupName: group }),
    ...(isGrouped && partition !== undefined && { PartitionNumber: partition }),
    ...(isHome && host !== undefined && { HostId: host }),
    ...(isHome && affinity !== undefined && { Affinity: affinity }),
    ...(isHome && hostGroup !== undefined && { HostResourceGroupArn: hostGroup }),
  };
}

/** What is the same on every type, in every place. */
function settingsOf(captured: CapturedAttributes): Partial<RunInstancesCommandInput> {
  const { MetadataOptions: metadata, PrivateDnsNameOptions: dns, MaintenanceOptions: maintenance, Monitoring: monitoring, InstanceInitiatedShutdownBehavior: behavior } = captured;
  return {
    ...(metadata !== undefined && {
      MetadataOptions: {
        ...(metadata.HttpTokens !== undefined && { HttpTokens: metadata.HttpTokens }),
        ...(metadata.HttpPutResponseHopLimit !== undefined && { HttpPutResponseHopLimit: metadata.HttpPutResponseHopLimit }),
        ...(metadata.HttpEndpoint !== undefined && { HttpEndpoint: metadata.HttpEndpoint }),
        ...(metadata.HttpProtocolIpv6 !== undefined && { HttpProtocolIpv6: metadata.HttpProtocolIpv6 }),
        ...(metadata.InstanceMetadataTags !== undefined && { InstanceMetadataTags: metadata.InstanceMetadataTags }),
      },
    }),
    ...(dns !== undefined && {
      PrivateDnsNameOptions: {
        ...(dns.HostnameType !== undefined && { HostnameType: dns.HostnameType }),
        ...(dns.EnableResourceNameDnsARecord !== undefined && { EnableResourceNameDnsARecord: dns.EnableResourceNameDnsARecord }),
        ...(dns.EnableResourceNameDnsAAAARecord === true && { EnableResourceNameDnsAAAARecord: true }),
      },
    }),
    ...(maintenance?.AutoRecovery !== undefined && { MaintenanceOptions: { AutoRecovery: maintenance.AutoRecovery } }),
    ...(monitoring?.State !== undefined && { Monitoring: { Enabled: monitoring.State === "enabled" || monitoring.State === "pending" } }),
    ...((behavior === "stop" || behavior === "terminate") && { InstanceInitiatedShutdownBehavior: behavior }),
  };
}

/** What another type may not have: for that EC2's own choice is better than a refusal. */
function settingsOfType(captured: CapturedAttributes): Partial<RunInstancesCommandInput> {
  const { CpuOptions: cpu, CreditSpecification: credit, HibernationOptions: hibernation, EnclaveOptions: enclave, EbsOptimized: isEbsOptimized } = captured;
  return {
    ...(cpu?.CoreCount !== undefined && cpu.ThreadsPerCore !== undefined && { CpuOptions: { CoreCount: cpu.CoreCount, ThreadsPerCore: cpu.ThreadsPerCore, ...(cpu.AmdSevSnp === "enabled" && { AmdSevSnp: cpu.AmdSevSnp }) } }),
    ...(credit?.CpuCredits !== undefined && { CreditSpecification: { CpuCredits: credit.CpuCredits } }),
    ...(hibernation?.Configured === true && { HibernationOptions: { Configured: true } }),
    ...(enclave?.Enabled === true && { EnclaveOptions: { Enabled: true } }),
    ...(isEbsOptimized !== undefined && { EbsOptimized: isEbsOptimized }),
  };
}

/** What names things of the account. */
function settingsAtHome(captured: CapturedAttributes): Partial<RunInstancesCommandInput> {
  const { CapacityReservationSpecification: capacity, Licenses: licenses = [] } = captured;
  const target = capacity?.CapacityReservationTarget;
  return {
    ...(capacity !== undefined && {
      CapacityReservationSpecification: {
        ...(target === undefined && capacity.CapacityReservationPreference !== undefined && { CapacityReservationPreference: capacity.CapacityReservationPreference }),
        ...(target !== undefined && { CapacityReservationTarget: target }),
      },
    }),
    ...(licenses.length > 0 && { LicenseSpecifications: licenses.flatMap(({ LicenseConfigurationArn: arn }) => (arn === undefined ? [] : [{ LicenseConfigurationArn: arn }])) }),
  };
}

function interfaceInput(one: LaunchInterface): InstanceNetworkInterfaceSpecification {
  const place = { DeviceIndex: one.deviceIndex, ...(one.networkCardIndex !== 0 && { NetworkCardIndex: one.networkCardIndex }) };
  if (one.existingId !== undefined) return { ...place, NetworkInterfaceId: one.existingId };
  const { privateIp, secondaryIps } = one;
  const secondary = typeof secondaryIps === "number" ? [] : secondaryIps;
  const isListed = privateIp !== undefined && secondary.length > 0;
  return {
    ...place,
    SubnetId: one.subnetId,
    Groups: [...one.securityGroupIds],
    DeleteOnTermination: one.deleteOnTermination,
    ...(one.description !== "" && { Description: one.description }),
    ...(one.interfaceType !== "interface" && { InterfaceType: one.interfaceType }),
    ...(isListed && { PrivateIpAddresses: [privateIp, ...secondary].map((PrivateIpAddress, index) => ({ PrivateIpAddress, Primary: index === 0 })) }),
    ...(!isListed && privateIp !== undefined && { PrivateIpAddress: privateIp }),
    ...(typeof secondaryIps === "number" && secondaryIps > 0 && { SecondaryPrivateIpAddressCount: secondaryIps }),
    ...(typeof one.ipv6Addresses === "number" ? one.ipv6Addresses > 0 && { Ipv6AddressCount: one.ipv6Addresses } : one.ipv6Addresses.length > 0 && { Ipv6Addresses: one.ipv6Addresses.map((Ipv6Address) => ({ Ipv6Address })) }),
    ...(typeof one.ipv4Prefixes === "number" ? one.ipv4Prefixes > 0 && { Ipv4PrefixCount: one.ipv4Prefixes } : one.ipv4Prefixes.length > 0 && { Ipv4Prefixes: one.ipv4Prefixes.map((Ipv4Prefix) => ({ Ipv4Prefix })) }),
    ...(typeof one.ipv6Prefixes === "number" ? one.ipv6Prefixes > 0 && { Ipv6PrefixCount: one.ipv6Prefixes } : one.ipv6Prefixes.length > 0 && { Ipv6Prefixes: one.ipv6Prefixes.map((Ipv6Prefix) => ({ Ipv6Prefix })) }),
    ...(one.hasPublicAddress !== undefined && { AssociatePublicIpAddress: one.hasPublicAddress }),
  };
}
