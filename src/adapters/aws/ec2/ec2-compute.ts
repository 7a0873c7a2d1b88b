import type { CallOptions, Clock, Compute, CopySnapshotRequest, CreateVolumeRequest, InstanceDescription, Random, SnapshotDescription, SnapshotLock, SnapshotLockRequest, Tags, VolumeDescription } from "../../../ports/index.js";
import type { AwsCalls } from "../aws-calls.js";
import type { Ec2Package } from "../clients/aws-packages.js";
import type { LazyClient } from "../clients/lazy-client.js";
import { availabilityZones } from "./availability-zones.js";
import { copySnapshot, shareSnapshot } from "./copy-snapshot.js";
import { snapshotInstance, snapshotVolume, type SnapshotInstanceRequest } from "./create-snapshots.js";
import { createVolume } from "./create-volume.js";
import { deleteSnapshot } from "./delete-snapshot.js";
import { deleteVolume } from "./delete-volume.js";
import { findInstance, instancesByTags } from "./describe-instances.js";
import { findSnapshot, snapshotsByTags } from "./describe-snapshots.js";
import { findVolume, volumesByTags } from "./describe-volumes.js";
import type { Ec2Door } from "./ec2-door.js";
import { lockSnapshot, snapshotLocks } from "./lock-snapshot.js";
import { waitForSnapshot } from "./wait-for-snapshot.js";
import { waitForVolume } from "./wait-for-volume.js";

export interface Ec2ComputeOptions {
  /** The client of `region`; it should try nothing again by itself. */
  readonly ec2: LazyClient<Ec2Package>;
  readonly region: string;
  readonly accountId: () => Promise<string>;
  readonly calls: AwsCalls;
  readonly clock: Clock;
  /** Where the marks of requests come from. */
  readonly random: Pick<Random, "bytes">;
}

/**
 * Instances, volumes and snapshots of EC2 in one account and region.
 *
 * `instance` also reads what listings leave out into `attributes`: `UserData`, `DisableApiTermination`, `DisableApiStop`,
 * `InstanceInitiatedShutdownBehavior`, `Interfaces`, `CreditSpecification`. New snapshots carry the tag
 * `holdfast:request` besides the caller's, so that a request whose answer got lost makes none twice.
 *
 * @example
 * const compute = account.compute("eu-west-1");
 * for await (const instance of compute.instancesByTags({ backup: "gold" })) console.log(instance.instanceId);
 */
export class Ec2Compute implements Compute {
  readonly region: string;
  readonly accountId: () => Promise<string>;
  readonly #door: Ec2Door;

  constructor({ ec2, region, accountId, calls, clock, random }: Ec2ComputeOptions) {
    this.region = region;
    this.accountId = accountId;
    this.#door = { ec2, region, calls, clock, random };
  }

  instancesByTags(tags: Tags, options: CallOptions = {}): AsyncIterable<InstanceDescription> {
    return instancesByTags(this.#door, tags, options);
  }

  volumesByTags(tags: Tags, options: CallOptions = {}): AsyncIterable<VolumeDescription> {
    return volumesByTags(this.#door, tags, options);
  }

  async instance(instanceId: string, options: CallOptions = {}): Promise<InstanceDescription> {
    return await findInstance(this.#door, instanceId, options);
  }

  async volume(volumeId: string, options: CallOptions = {}): Promise<VolumeDescription> {
    return (await findVolume(this.#door, volumeId, options)).description;
  }

  async snapshotInstance(instanceId: string, request: SnapshotInstanceRequest, options: CallOptions = {}): Promise<readonly SnapshotDescription[]> {
    return await snapshotInstance(this.#door, instanceId, request, options);
  }

  async snapshotVolume(volumeId: string, request: { readonly description: string; readonly tags: Tags }, options: CallOptions = {}): Promise<SnapshotDescription> {
    return await snapshotVolume(this.#door, volumeId, request, options);
  }

  async snapshot(snapshotId: string, options: CallOptions = {}): Promise<SnapshotDescription> {
    return (await findSnapshot(this.#door, snapshotId, options)).description;
  }

  snapshotsByTags(tags: Tags, options: CallOptions & { readonly sharedWith?: string | undefined } = {}): AsyncIterable<SnapshotDescription> {
    return snapshotsByTags(this.#door, tags, options);
  }

  async waitForSnapshot(snapshotId: string, options: CallOptions = {}): Promise<SnapshotDescription> {
    return await waitForSnapshot(this.#door, snapshotId, options);
  }

  async copySnapshot(request: CopySnapshotRequest, options: CallOptions = {}): Promise<string> {
    return await copySnapshot(this.#door, request, options);
  }

  async shareSnapshot(snapshotId: string, accountId: string, isShared: boolean, options: CallOptions = {}): Promise<void> {
    await shareSnapshot(this.#door, snapshotId, accountId, isShared, options);
  }

  async lockSnapshot(snapshotId: string, request: SnapshotLockRequest, options: CallOptions = {}): Promise<SnapshotLock> {
    return await lockSnapshot(this.#door, snapshotId, request, options);
  }

  async snapshotLocks(snapshotIds: readonly string[], options: CallOptions = {}): Promise<readonly SnapshotLock[]> {
    return await snapshotLocks(this.#door, snapshotIds, options);
  }

  async deleteSnapshot(snapshotId: string, options: CallOptions = {}): Promise<void> {
    await deleteSnapshot(this.#door, snapshotId, options);
  }

  async createVolume(request: CreateVolumeRequest, options: CallOptions = {}): Promise<VolumeDescription> {
    return await createVolume(this.#door, request, options);
  }

  async waitForVolume(volumeId: string, options: CallOptions = {}): Promise<VolumeDescription> {
    return await waitForVolume(this.#door, volumeId, options);
  }

  async deleteVolume(volumeId: string, options: CallOptions = {}): Promise<void> {
    await deleteVolume(this.#door, volumeId, options);
  }

  async availabilityZones(options: CallOptions = {}): Promise<readonly string[]> {
    return await availabilityZones(this.#door, options);
  }
}
