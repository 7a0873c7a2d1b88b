import type { CloudAccount } from "./cloud-account.js";
import type { CallOptions, Tags } from "./compute.js";
import type { TaggedResource, WorkerSubnet } from "./worker-compute.js";

/** A network interface as it was captured. */
export interface CapturedInterface {
  readonly interfaceId: string | undefined;
  readonly deviceIndex: number;
  readonly networkCardIndex: number;
  /** `interface`, `efa`, ... */
  readonly interfaceType: string;
  readonly subnetId: string;
  readonly securityGroupIds: readonly string[];
  readonly privateIp: string | undefined;
  readonly secondaryIps: readonly string[];
  readonly ipv6Addresses: readonly string[];
  readonly ipv4Prefixes: readonly string[];
  readonly ipv6Prefixes: readonly string[];
  readonly description: string;
  readonly deleteOnTermination: boolean;
  readonly isSourceDestChecked: boolean;
  /** Addresses of the account's own, by allocation, each with the private address that it belongs to. */
  readonly elasticIps: readonly { readonly allocationId: string; readonly privateIp: string | undefined }[];
  /** Whether it had a public address of AWS's. */
  readonly hasPublicAddress: boolean;
  readonly tags: Tags;
}

/** What a restore decides by, out of what was captured. It holds no user data. */
export interface CapturedInstance {
  readonly captureVersion: number;
  readonly instanceId: string;
  readonly instanceType: string;
  readonly architecture: string | undefined;
  readonly rootDeviceName: string | undefined;
  readonly imageId: string | undefined;
  readonly availabilityZone: string | undefined;
  readonly keyName: string | undefined;
  readonly instanceProfileArn: string | undefined;
  /** `RunInstances` where nothing but the machine is paid for. */
  readonly usageOperation: string | undefined;
  readonly platformDetails: string | undefined;
  readonly productCodes: readonly string[];
  readonly isSpot: boolean;
  readonly hasUserData: boolean;
  readonly isTerminationProtected: boolean;
  readonly isStopProtected: boolean;
  readonly interfaces: readonly CapturedInterface[];
  readonly tags: Tags;
  /** What the backup's role was not allowed to read. */
  readonly unreadable: readonly string[];
}

/** A network interface that a new instance gets. */
export interface LaunchInterface {
  readonly deviceIndex: number;
  readonly networkCardIndex: number;
  readonly interfaceType: string;
  /** One that is there already; then nothing below counts. */
  readonly existingId?: string | undefined;
  readonly subnetId: string;
  readonly securityGroupIds: readonly string[];
  /** Absent: any that is free. */
  readonly privateIp?: string | undefined;
  /** These, or so many that are free. */
  readonly secondaryIps: readonly string[] | number;
  readonly ipv6Addresses: readonly string[] | number;
  readonly ipv4Prefixes: readonly string[] | number;
  readonly ipv6Prefixes: readonly string[] | number;
  readonly description: string;
  readonly deleteOnTermination: boolean;
  readonly hasPublicAddress?: boolean | undefined;
}

/** A volume of a new instance, out of its image. */
export interface LaunchVolume {
  readonly deviceName: string;
  readonly snapshotId: string;
  readonly sizeBytes: number;
  readonly volumeType: string;
  readonly iops?: number | undefined;
  readonly throughputMiBps?: number | undefined;
  readonly deleteOnTermination: boolean;
}

/** An instance that is to be launched. */
export interface LaunchInstanceRequest {
  /** What was captured: everything that is not named here is taken from it. */
  readonly captured: Readonly<Record<string, unknown>>;
  /** Whether it comes back to its own account and region: only then its groups, hosts, reservations and licences mean something. */
  readonly isHome: boolean;
  readonly imageId: string;
  readonly instanceType: string;
  readonly availabilityZone: string;
  readonly keyName: string | undefined;
  /** A name or an ARN. */
  readonly instanceProfile: string | undefined;
  /** `captured`, or base64 that takes its place; absent: none. */
  readonly userData: "captured" | { readonly base64: string } | undefined;
  readonly interfaces: readonly LaunchInterface[];
  /** Devices of the image that are left out. */
  readonly omittedDevices: readonly string[];
  readonly instanceTags: Tags;
  /** Of the volumes and interfaces that are made with it. */
  readonly partTags: Tags;
  readonly clientToken: string;
}

/** What an instance is now. */
export interface InstanceNow {
  readonly instanceId: string;
  readonly state: "pending" | "running" | "stopping" | "stopped" | "shutting-down" | "terminated";
  readonly instanceType: string;
  readonly availabilityZone: string;
  readonly privateIp?: string | undefined;
  readonly publicIp?: string | undefined;
  readonly tags: Tags;
  readonly rootDeviceName: string | undefined;
  readonly isEbsRooted: boolean;
  readonly isSpot: boolean;
  readonly volumes: readonly { readonly volumeId: string; readonly deviceName: string; readonly deleteOnTermination: boolean }[];
  readonly interfaces: readonly { readonly interfaceId: string; readonly deviceIndex: number; readonly isSourceDestChecked: boolean }[];
}

/** An image that is to be registered out of snapshots. */
export interface RegisterImageRequest {
  readonly name: string;
  readonly description: string;
  /** Architecture, boot mode and network support are taken from it. */
  readonly captured: Readonly<Record<string, unknown>>;
  readonly rootDeviceName: string;
  readonly volumes: readonly LaunchVolume[];
  readonly tags: Tags;
}

/** What an image is. */
export interface ImageNow {
  readonly imageId: string;
  readonly architecture: string | undefined;
  readonly rootDeviceName: string | undefined;
  readonly usageOperation: string | undefined;
  readonly productCodes: readonly string[];
  readonly deviceNames: readonly string[];
  readonly tags: Tags;
}

/** An address of the account's own. */
export interface ElasticAddress {
  readonly allocationId: string;
  readonly publicIp: string;
  /** Where it is given to something. */
  readonly interfaceId?: string | undefined;
}

/**
 * Instances that are restored, in one account and region. What is looked for and not there is `undefined` or left out of the answer; what is
 * changed and not there is a `NotFoundError`, the rest `ProviderError`. Calls resolve when their effect is there.
 */
export interface InstanceCompute {
  readonly region: string;
  /** Reads what a backup captured. */
  readCaptured(attributes: Readonly<Record<string, unknown>>): CapturedInstance;
  /** An instance, also a terminated one as long as it is told of. */
  find(instanceId: string, options?: CallOptions): Promise<InstanceNow | undefined>;
  /** Instances that carry all of `tags`, neither terminated nor shutting down. */
  byTags(tags: Tags, options?: CallOptions): AsyncIterable<InstanceNow>;
  /** Launches an instance; a repeated client token gives the same one. Resolves at once. */
  launch(request: LaunchInstanceRequest, options?: CallOptions): Promise<string>;
  /** Starts a stopped instance, and waits until it runs. */
  start(instanceId: string, options?: CallOptions): Promise<void>;
  /** Stops an instance, and waits until it has stopped. */
  stop(instanceId: string, options?: CallOptions): Promise<void>;
  /** Terminates an instance, and waits until it is. */
  terminate(instanceId: string, options?: CallOptions): Promise<void>;
  /** Waits for a launched or started instance. */
  waitUntilRunning(instanceId: string, options?: CallOptions): Promise<InstanceNow>;
  /** Waits until EC2's checks of the instance and of its machine have passed. */
  waitUntilHealthy(instanceId: string, options?: CallOptions): Promise<void>;
  /** Attaches a volume, and waits until it is. That it is there already is a success. */
  attach(volumeId: string, instanceId: string, deviceName: string, options?: CallOptions): Promise<void>;
  /** Detaches a volume, and waits until it is free. That it is free already is a success. */
  detach(volumeId: string, options?: CallOptions): Promise<void>;
  /** Whether a volume goes when its instance is terminated. */
  setDeleteOnTermination(instanceId: string, deviceName: string, isDeleted: boolean, options?: CallOptions): Promise<void>;
  /** Takes the captured user data, or base64. The instance is stopped. */
  setUserData(instanceId: string, userData: { readonly captured: Readonly<Record<string, unknown>> } | { readonly base64: string }, options?: CallOptions): Promise<void>;
  /** Sets whether an instance may be terminated and stopped; what is left out stays. */
  setProtection(instanceId: string, protection: { readonly termination?: boolean | undefined; readonly stop?: boolean | undefined }, options?: CallOptions): Promise<void>;
  /** Whether it may be stopped and terminated. */
  protection(instanceId: string, options?: CallOptions): Promise<{ readonly termination: boolean; readonly stop: boolean }>;
  /** Whether an interface drops what is neither from it nor to it. */
  setSourceDestCheck(interfaceId: string, isChecked: boolean, options?: CallOptions): Promise<void>;
  /** Registers an image over completed snapshots; one of the same name and tags is found again. */
  registerImage(request: RegisterImageRequest, options?: CallOptions): Promise<string>;
  /** An image of anybody that may be used. */
  image(imageId: string, options?: CallOptions): Promise<ImageNow | undefined>;
  /** The account's own images that carry all of `tags`. */
  imagesByTags(tags: Tags, options?: CallOptions): Promise<readonly ImageNow[]>;
  /** Removes an image; its snapshots stay. */
  deregisterImage(imageId: string, options?: CallOptions): Promise<void>;
  /** Adds tags, or changes them. */
  tag(resourceIds: readonly string[], tags: Tags, options?: CallOptions): Promise<void>;
  /** Removes tags by their keys. */
  untag(resourceIds: readonly string[], keys: readonly string[], options?: CallOptions): Promise<void>;
  /** Those of these subnets that are there. */
  subnets(subnetIds: readonly string[], options?: CallOptions): Promise<readonly WorkerSubnet[]>;
  /** Those of these security groups that are there, with their networks. */
  securityGroups(groupIds: readonly string[], options?: CallOptions): Promise<readonly { readonly groupId: string; readonly vpcId: string }[]>;
  /** Which of these addresses of a subnet somebody has. */
  usedAddresses(subnetId: string, addresses: readonly string[], options?: CallOptions): Promise<ReadonlySet<string>>;
  /** Which of these interfaces are there and in no use. */
  freeInterfaces(interfaceIds: readonly string[], options?: CallOptions): Promise<ReadonlySet<string>>;
  /** Those of these addresses that are there. */
  elasticAddresses(allocationIds: readonly string[], options?: CallOptions): Promise<readonly ElasticAddress[]>;
  /** Gives an interface an address; one that something else has is not taken away. */
  associateAddress(allocationId: string, interfaceId: string, privateIp: string | undefined, options?: CallOptions): Promise<void>;
  /** Whether there is a key pair of that name. */
  hasKeyPair(keyName: string, options?: CallOptions): Promise<boolean>;
  /** The architectures of an instance type; `undefined` where the region has none of that name. */
  architecturesOf(instanceType: string, options?: CallOptions): Promise<readonly string[] | undefined>;
  /** The availability zones that offer a type. */
  zonesOffering(instanceType: string, options?: CallOptions): Promise<ReadonlySet<string>>;
  /** Network interfaces that carry all of `tags`. */
  interfacesByTags(tags: Tags, options?: CallOptions): AsyncIterable<TaggedResource>;
  /** Removes an interface that nothing uses; nothing happens where there is none. */
  deleteInterface(interfaceId: string, options?: CallOptions): Promise<void>;
}

/** An account in which instances can be restored: an `AwsAccount`. */
export interface InstanceAccount extends CloudAccount {
  /** Instances of a region. */
  instanceCompute(region: string): InstanceCompute;
  /** Whether an instance profile is there, by its name or ARN; `undefined` where that may not be asked. */
  hasInstanceProfile(profile: string, options?: CallOptions): Promise<boolean | undefined>;
}
