import type { Instance, InstanceNetworkInterface, NetworkInterface } from "@aws-sdk/client-ec2";
import type { CapturedInstance, CapturedInterface } from "../../../../ports/index.js";
import { IntegrityError } from "../../../../errors/index.js";
import { tagsOf } from "../ec2-answer.js";
import { capturedSchema } from "./captured-schema.js";

/** What a backup keeps of an instance: EC2's own JSON, in which times are texts. Older backups lack what is optional here. */
export interface CapturedAttributes extends Omit<Instance, "LaunchTime" | "UsageOperationUpdateTime"> {
  readonly CaptureVersion?: number;
  readonly UserData?: string | null;
  readonly DisableApiTermination?: boolean | null;
  readonly DisableApiStop?: boolean | null;
  readonly InstanceInitiatedShutdownBehavior?: string | null;
  readonly Interfaces?: readonly NetworkInterface[];
  readonly CreditSpecification?: { readonly CpuCredits?: string } | null;
  readonly UnreadableAttributes?: readonly string[];
}

/** What a restore point says of its instance: sealed, but by whoever had the keys. Raises `IntegrityError` where it is not of the form that EC2 gives. */
export function capturedAttributes(attributes: Readonly<Record<string, unknown>>): CapturedAttributes {
  const { error } = capturedSchema.safeParse(attributes);
  if (error === undefined) return attributes;
  throw new IntegrityError(`What the restore point says of its instance is damaged: ${error.issues[0]?.path.join(".") ?? "it"} is not as EC2 gives it. Take another restore point of the instance.`, { code: "DamagedStructure", context: { structure: "captured instance" } });
}

/** What a restore decides by. User data is left where it is. */
export function readCaptured(attributes: Readonly<Record<string, unknown>>): CapturedInstance {
  const captured = capturedAttributes(attributes);
  const interfaces = captured.Interfaces ?? captured.NetworkInterfaces ?? [];
  return {
    captureVersion: captured.CaptureVersion ?? 1,
    instanceId: captured.InstanceId ?? "",
    instanceType: captured.InstanceType ?? "",
    architecture: captured.Architecture,
    rootDeviceName: captured.RootDeviceName,
    imageId: captured.ImageId,
    availabilityZone: captured.Placement?.AvailabilityZone,
    keyName: captured.KeyName,
    instanceProfileArn: captured.IamInstanceProfile?.Arn,
    usageOperation: captured.UsageOperation,
    platformDetails: captured.PlatformDetails,
    productCodes: (captured.ProductCodes ?? []).flatMap(({ ProductCodeId: code }) => code ?? []),
    isSpot: captured.InstanceLifecycle === "spot",
    hasUserData: typeof captured.UserData === "string" && captured.UserData !== "",
    isTerminationProtected: captured.DisableApiTermination === true,
    isStopProtected: captured.DisableApiStop === true,
    interfaces: interfaces.map(readInterface).sort((a, b) => a.deviceIndex - b.deviceIndex),
    tags: tagsOf(captured.Tags),
    unreadable: captured.UnreadableAttributes ?? [],
  };
}

function readInterface(one: NetworkInterface | InstanceNetworkInterface): CapturedInterface {
  const addresses = one.PrivateIpAddresses ?? [];
  const associations = addresses.flatMap(({ Association: association, PrivateIpAddress: privateIp }) => (association === undefined ? [] : [{ association, privateIp }]));
  return {
    interfaceId: one.NetworkInterfaceId,
    deviceIndex: one.Attachment?.DeviceIndex ?? 0,
    networkCardIndex: one.Attachment?.NetworkCardIndex ?? 0,
    interfaceType: one.InterfaceType ?? "interface",
    subnetId: one.SubnetId ?? "",
    securityGroupIds: (one.Groups ?? []).flatMap(({ GroupId: id }) => id ?? []),
    privateIp: one.PrivateIpAddress,
    secondaryIps: addresses.flatMap(({ Primary: isPrimary, PrivateIpAddress: address }) => (isPrimary === true || address === undefined ? [] : [address])),
    ipv6Addresses: (one.Ipv6Addresses ?? []).flatMap(({ Ipv6Address: address }) => address ?? []),
    ipv4Prefixes: (one.Ipv4Prefixes ?? []).flatMap(({ Ipv4Prefix: prefix }) => prefix ?? []),
    ipv6Prefixes: (one.Ipv6Prefixes ?? []).flatMap(({ Ipv6Prefix: prefix }) => prefix ?? []),
    description: one.Description ?? "",
    deleteOnTermination: one.Attachment?.DeleteOnTermination ?? true,
    isSourceDestChecked: one.SourceDestCheck ?? true,
    elasticIps: associations.flatMap(({ association, privateIp }) => {
      const allocationId = "AllocationId" in association ? association.AllocationId : undefined;
      return typeof allocationId === "string" ? [{ allocationId, privateIp }] : [];
    }),
    hasPublicAddress: associations.some(({ association }) => association.IpOwnerId === "amazon"),
    tags: "TagSet" in one ? tagsOf(one.TagSet) : {},
  };
}
