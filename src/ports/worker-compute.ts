import type { CallOptions, Tags } from "./compute.js";

/** The processor architectures that workers may have. */
export type WorkerArchitecture = "x64" | "arm64";

/** An instance that shall be launched. */
export interface LaunchWorkerRequest {
  readonly instanceType: string;
  readonly imageId: string;
  readonly subnetId: string;
  /** Empty: the default group of the subnet's VPC. */
  readonly securityGroupIds: readonly string[];
  /** Whether it gets a public address; with private networking never. */
  readonly hasPublicAddress: boolean;
  readonly isSpot: boolean;
  /** The name or the ARN of the instance profile. */
  readonly instanceProfile: string;
  readonly userData: string;
  readonly rootDeviceName: string;
  readonly rootVolumeGib: number;
  /** The ARN of the key of the root volume, which is encrypted in any case. Default: the account's own for EBS. */
  readonly kmsKeyArn?: string | undefined;
  /** Of the instance, its volume and its network interface alike. */
  readonly tags: Tags;
  /** Makes a repeated request give the same instance: at most 64 ASCII characters. */
  readonly clientToken: string;
}

/** An instance of a worker pool. */
export interface WorkerInstance {
  readonly instanceId: string;
  readonly instanceType: string;
  readonly state: "pending" | "running" | "shutting-down" | "terminated" | "stopping" | "stopped";
  /** Why it is in this state, in AWS's words: `Server.SpotInstanceTermination`. */
  readonly stateReason?: string | undefined;
  readonly subnetId?: string | undefined;
  readonly tags: Tags;
}

/** A subnet that workers may be in. */
export interface WorkerSubnet {
  readonly subnetId: string;
  readonly vpcId: string;
  readonly availabilityZone: string;
  readonly freeAddresses: number;
}

/** An image that workers are started from. */
export interface WorkerImage {
  readonly imageId: string;
  readonly rootDeviceName: string;
  /** The least size of the root volume. */
  readonly rootVolumeGib: number;
}

/** A volume or a network interface that carries tags. */
export interface TaggedResource {
  readonly id: string;
  readonly isAttached: boolean;
  readonly tags: Tags;
}

/**
 * Instances for workers in one account and region.
 *
 * A launch that EC2 has no place for is a `ProviderError` whose code says what to try next: `InsufficientCapacity` (another type or zone),
 * `NoFreeAddresses` (another subnet), `NotOffered` (another type or zone), `QuotaExceeded` (a smaller or another kind), `SpotRefused` (on demand).
 * `InstanceProfileUnknown`: there is none of that name with a role in it, or EC2 has not learned of it yet.
 */
export interface WorkerCompute {
  readonly region: string;
  /** Launches one instance; a repeated client token gives the same one. */
  launch(request: LaunchWorkerRequest, options?: CallOptions): Promise<WorkerInstance>;
  /** Instances that carry all of `tags`, in whatever state EC2 still knows them. */
  instancesByTags(tags: Tags, options?: CallOptions): AsyncIterable<WorkerInstance>;
  /** Ends instances; nothing happens where there is none. */
  terminate(instanceIds: readonly string[], options?: CallOptions): Promise<void>;
  /** The subnets with these ids, in any order; `NotFoundError` (`SubnetNotFound`) where one is not there. */
  subnets(subnetIds: readonly string[], options?: CallOptions): Promise<readonly WorkerSubnet[]>;
  /** The subnets of the account's default VPC; none where there is none. */
  defaultSubnets(options?: CallOptions): Promise<readonly WorkerSubnet[]>;
  /** The newest Amazon Linux 2023. */
  newestImage(architecture: WorkerArchitecture, options?: CallOptions): Promise<WorkerImage>;
  /** The instance types of `instanceTypes` that each availability zone offers. */
  offeredTypes(instanceTypes: readonly string[], options?: CallOptions): Promise<ReadonlyMap<string, ReadonlySet<string>>>;
  /** Volumes that carry all of `tags`. */
  volumesByTags(tags: Tags, options?: CallOptions): AsyncIterable<TaggedResource>;
  /** Network interfaces that carry all of `tags`. */
  interfacesByTags(tags: Tags, options?: CallOptions): AsyncIterable<TaggedResource>;
  /** Nothing happens where there is none. */
  deleteVolume(volumeId: string, options?: CallOptions): Promise<void>;
  /** Nothing happens where there is none. */
  deleteInterface(interfaceId: string, options?: CallOptions): Promise<void>;
}
