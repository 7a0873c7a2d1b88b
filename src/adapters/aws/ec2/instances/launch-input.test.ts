import { describe, expect, it } from "vitest";
import type { LaunchInstanceRequest, LaunchInterface } from "../../../../ports/index.js";
import { launchInput } from "./launch-input.js";
import { readCaptured } from "./read-captured.js";

const network: LaunchInterface = {
  deviceIndex: 0,
  networkCardIndex: 1,
  interfaceType: "efa",
  subnetId: "subnet-1",
  securityGroupIds: ["sg-1"],
  privateIp: "10.0.0.9",
  secondaryIps: ["10.0.0.10"],
  ipv6Addresses: ["fd00::1"],
  ipv4Prefixes: ["10.0.1.0/28"],
  ipv6Prefixes: 2,
  description: "front",
  deleteOnTermination: false,
};

const captured = {
  CaptureVersion: 2,
  InstanceId: "i-1",
  InstanceType: "c6in.metal",
  Architecture: "x86_64",
  Placement: { AvailabilityZone: "eu-west-1a", Tenancy: "dedicated", GroupName: "together", PartitionNumber: 3 },
  CpuOptions: { CoreCount: 8, ThreadsPerCore: 1, AmdSevSnp: "enabled" },
  HibernationOptions: { Configured: false },
  EnclaveOptions: { Enabled: true },
  EbsOptimized: true,
  Licenses: [{ LicenseConfigurationArn: "arn:aws:license-manager:eu-west-1:111122223333:license-configuration:lic-1" }],
  CapacityReservationSpecification: { CapacityReservationPreference: "open", CapacityReservationTarget: { CapacityReservationId: "cr-1" } },
  MaintenanceOptions: { AutoRecovery: "disabled", RebootMigration: "default" },
  MetadataOptions: { State: "applied", HttpTokens: "required", HttpPutResponseHopLimit: 2, HttpEndpoint: "enabled", HttpProtocolIpv6: "enabled", InstanceMetadataTags: "disabled" },
  PrivateDnsNameOptions: { HostnameType: "resource-name", EnableResourceNameDnsARecord: true, EnableResourceNameDnsAAAARecord: true },
  Monitoring: { State: "enabled" },
  InstanceInitiatedShutdownBehavior: "terminate",
  UserData: "IyEvYmluL3No",
};

const request: LaunchInstanceRequest = {
  captured,
  isHome: true,
  imageId: "ami-1",
  instanceType: "c6in.metal",
  availabilityZone: "eu-west-1a",
  keyName: "admin",
  instanceProfile: "arn:aws:iam::111122223333:instance-profile/web",
  userData: "captured",
  interfaces: [network],
  omittedDevices: [],
  instanceTags: { Name: "web" },
  partTags: { part: "of it" },
  clientToken: "one",
};

describe("the launch of a restored instance", () => {
  it("asks for everything that was captured", () => {
    expect(launchInput(request)).toEqual({
      ImageId: "ami-1",
      InstanceType: "c6in.metal",
      MinCount: 1,
      MaxCount: 1,
      ClientToken: "one",
      Placement: { AvailabilityZone: "eu-west-1a", Tenancy: "dedicated", GroupName: "together", PartitionNumber: 3 },
      NetworkInterfaces: [
        {
          DeviceIndex: 0,
          NetworkCardIndex: 1,
          SubnetId: "subnet-1",
          Groups: ["sg-1"],
          DeleteOnTermination: false,
          Description: "front",
          InterfaceType: "efa",
          PrivateIpAddresses: [{ PrivateIpAddress: "10.0.0.9", Primary: true }, { PrivateIpAddress: "10.0.0.10", Primary: false }],
          Ipv6Addresses: [{ Ipv6Address: "fd00::1" }],
          Ipv4Prefixes: [{ Ipv4Prefix: "10.0.1.0/28" }],
          Ipv6PrefixCount: 2,
        },
      ],
      KeyName: "admin",
      IamInstanceProfile: { Arn: "arn:aws:iam::111122223333:instance-profile/web" },
      UserData: "IyEvYmluL3No",
      MetadataOptions: { HttpTokens: "required", HttpPutResponseHopLimit: 2, HttpEndpoint: "enabled", HttpProtocolIpv6: "enabled", InstanceMetadataTags: "disabled" },
      PrivateDnsNameOptions: { HostnameType: "resource-name", EnableResourceNameDnsARecord: true, EnableResourceNameDnsAAAARecord: true },
      MaintenanceOptions: { AutoRecovery: "disabled" },
      Monitoring: { Enabled: true },
      InstanceInitiatedShutdownBehavior: "terminate",
      CpuOptions: { CoreCount: 8, ThreadsPerCore: 1, AmdSevSnp: "enabled" },
      EnclaveOptions: { Enabled: true },
      EbsOptimized: true,
      CapacityReservationSpecification: { CapacityReservationTarget: { CapacityReservationId: "cr-1" } },
      LicenseSpecifications: [{ LicenseConfigurationArn: "arn:aws:license-manager:eu-west-1:111122223333:license-configuration:lic-1" }],
      TagSpecifications: [
        { ResourceType: "instance", Tags: [{ Key: "Name", Value: "web" }] },
        { ResourceType: "volume", Tags: [{ Key: "part", Value: "of it" }] },
        { ResourceType: "network-interface", Tags: [{ Key: "part", Value: "of it" }] },
      ],
    });
  });

  it("takes nothing of the account's along to another one, and nothing of the type's to another type", () => {
    const input = launchInput({ ...request, isHome: false, instanceType: "m7i.large", userData: undefined });
    expect(input.Placement).toEqual({ AvailabilityZone: "eu-west-1a", Tenancy: "dedicated" });
    for (const name of ["LicenseSpecifications", "CapacityReservationSpecification", "CpuOptions", "EnclaveOptions", "EbsOptimized", "UserData"] as const) expect(input[name], name).toBeUndefined();
    expect(input.MetadataOptions?.HttpTokens).toBe("required");
  });

  it("makes do with what an older backup has", () => {
    const older = { InstanceId: "i-1", InstanceType: "t3.small", NetworkInterfaces: [{ NetworkInterfaceId: "eni-1", SubnetId: "subnet-1", PrivateIpAddress: "10.0.0.9", Groups: [{ GroupId: "sg-1" }], Attachment: { DeviceIndex: 0 }, PrivateIpAddresses: [{ Primary: true, PrivateIpAddress: "10.0.0.9", Association: { IpOwnerId: "amazon", PublicIp: "198.51.100.1" } }] }] };
    expect(readCaptured(older)).toMatchObject({
      captureVersion: 1,
      hasUserData: false,
      isTerminationProtected: false,
      interfaces: [{ subnetId: "subnet-1", securityGroupIds: ["sg-1"], privateIp: "10.0.0.9", secondaryIps: [], elasticIps: [], hasPublicAddress: true, deleteOnTermination: true, isSourceDestChecked: true }],
    });
    expect(launchInput({ ...request, captured: older, instanceType: "t3.small" }).UserData).toBeUndefined();
  });
});
