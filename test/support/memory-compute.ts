import { randomBytes } from "node:crypto";
import { NotFoundError, ProviderError } from "../../src/errors/index.js";
import type { Clock, Compute, CopySnapshotRequest, CreateVolumeRequest, InstanceDescription, SnapshotDescription, SnapshotLock, SnapshotLockRequest, Tags, VolumeDescription } from "../../src/ports/index.js";
import type { MemoryRegion } from "./memory-region.js";

function isTagged(tags: Tags, wanted: Tags): boolean {
  return Object.entries(wanted).every(([key, value]) => tags[key] === value);
}

/** One region of the account in memory. Snapshots are pending until somebody waits for them. */
export class MemoryCompute implements Compute {
  readonly region: string;
  readonly #here: MemoryRegion;
  readonly #clock: Clock;
  readonly #call: (operation: string, id: string) => Promise<void>;
  readonly #regionOf: (region: string) => MemoryRegion;

  constructor(region: string, here: MemoryRegion, clock: Clock, call: (operation: string, id: string) => Promise<void>, regionOf: (region: string) => MemoryRegion = () => here) {
    this.#regionOf = regionOf;
    this.region = region;
    this.#here = here;
    this.#clock = clock;
    this.#call = call;
  }

  readonly accountId = (): Promise<string> => Promise.resolve("111122223333");

  async *instancesByTags(tags: Tags): AsyncGenerator<InstanceDescription> {
    await this.#call("instancesByTags", this.region);
    for (const instance of this.#here.instances.values()) if (isTagged(instance.tags, tags)) yield instance;
  }

  async *volumesByTags(tags: Tags): AsyncGenerator<VolumeDescription> {
    await this.#call("volumesByTags", this.region);
    for (const { description } of this.#here.volumes.values()) if (isTagged(description.tags, tags)) yield description;
  }

  async instance(instanceId: string): Promise<InstanceDescription> {
    await this.#call("instance", instanceId);
    return this.#find(this.#here.instances, instanceId, "InstanceNotFound");
  }

  async volume(volumeId: string): Promise<VolumeDescription> {
    await this.#call("volume", volumeId);
    return this.#find(this.#here.volumes, volumeId, "VolumeNotFound").description;
  }

  async snapshotInstance(instanceId: string, request: { readonly excludeVolumeIds: readonly string[]; readonly excludeRootVolume?: boolean | undefined; readonly tags: Tags }): Promise<readonly SnapshotDescription[]> {
    await this.#call("snapshotInstance", instanceId);
    const { volumes, rootDeviceName } = this.#find(this.#here.instances, instanceId, "InstanceNotFound");
    if (volumes.some(({ volumeId, deviceName }) => deviceName === rootDeviceName && request.excludeVolumeIds.includes(volumeId))) throw new TypeError("The root volume is excluded by its own parameter.");
    const wanted = volumes.filter(({ volumeId, deviceName }) => !request.excludeVolumeIds.includes(volumeId) && !(request.excludeRootVolume === true && deviceName === rootDeviceName));
    return wanted.map(({ volumeId }) => this.#freeze(volumeId, request.tags));
  }

  async snapshotVolume(volumeId: string, request: { readonly tags: Tags }): Promise<SnapshotDescription> {
    await this.#call("snapshotVolume", volumeId);
    return this.#freeze(volumeId, request.tags);
  }

  async snapshot(snapshotId: string): Promise<SnapshotDescription> {
    return this.#find(this.#here.snapshots, snapshotId, "SnapshotNotFound").description;
  }

  async *snapshotsByTags(tags: Tags, { sharedWith: account }: { readonly sharedWith?: string | undefined } = {}): AsyncGenerator<SnapshotDescription> {
    await this.#call("snapshotsByTags", this.region);
    for (const { description, sharedWith } of [...this.#here.snapshots.values()]) if (isTagged(description.tags, tags) && (account === undefined || sharedWith?.has(account) === true)) yield description;
  }

  async waitForSnapshot(snapshotId: string): Promise<SnapshotDescription> {
    await this.#call("waitForSnapshot", snapshotId);
    const snapshot = this.#find(this.#here.snapshots, snapshotId, "SnapshotNotFound");
    snapshot.description = { ...snapshot.description, state: "completed" };
    return snapshot.description;
  }

  async copySnapshot(request: CopySnapshotRequest): Promise<string> {
    await this.#call("copySnapshot", request.snapshotId);
    const source = this.#find(this.#regionOf(request.sourceRegion).snapshots, request.snapshotId, "SnapshotNotFound");
    const snapshotId = `snap-${randomBytes(4).toString("hex")}`;
    const description: SnapshotDescription = { ...source.description, snapshotId, volumeId: "vol-ffffffff", state: "pending", startedAt: this.#clock.now(), tags: request.tags };
    this.#here.snapshots.set(snapshotId, { description, blocks: new Map(source.blocks) });
    return snapshotId;
  }

  async shareSnapshot(snapshotId: string, accountId: string, isShared: boolean): Promise<void> {
    await this.#call("shareSnapshot", `${snapshotId} ${accountId} ${String(isShared)}`);
    const snapshot = this.#find(this.#here.snapshots, snapshotId, "SnapshotNotFound");
    const sharedWith = new Set(snapshot.sharedWith);
    if (isShared) sharedWith.add(accountId);
    else sharedWith.delete(accountId);
    this.#here.snapshots.set(snapshotId, { ...snapshot, sharedWith });
  }

  async lockSnapshot(snapshotId: string, { mode, days }: SnapshotLockRequest): Promise<SnapshotLock> {
    await this.#call("lockSnapshot", snapshotId);
    const snapshot = this.#find(this.#here.snapshots, snapshotId, "SnapshotNotFound");
    if (snapshot.description.state !== "completed") throw new TypeError(`${snapshotId} is not completed.`);
    return (snapshot.lock = { snapshotId, mode, lockedUntil: new Date(this.#clock.now().getTime() + days * 86_400_000) });
  }

  async snapshotLocks(snapshotIds: readonly string[]): Promise<readonly SnapshotLock[]> {
    await this.#call("snapshotLocks", snapshotIds.join(" "));
    return this.#locksOf(snapshotIds);
  }

  async deleteSnapshot(snapshotId: string): Promise<void> {
    await this.#call("deleteSnapshot", snapshotId);
    if (this.#locksOf([snapshotId]).length > 0) throw new ProviderError(`${snapshotId} is locked.`, { code: "ProviderRefused", service: "ec2", operation: "DeleteSnapshot", retryable: false });
    this.#here.snapshots.delete(snapshotId);
  }

  async createVolume(request: CreateVolumeRequest): Promise<VolumeDescription> {
    await this.#call("createVolume", request.clientToken);
    const { blocks, description: snapshot } = this.#find(this.#here.snapshots, request.snapshotId, "SnapshotNotFound");
    const { volumeType, iops, throughputMiBps, kmsKeyId, tags, availabilityZone } = request;
    const description: VolumeDescription = {
      volumeId: `vol-${randomBytes(4).toString("hex")}`, sizeBytes: request.sizeBytes ?? snapshot.volumeSizeBytes, availabilityZone, volumeType: volumeType ?? "gp2", iops, throughputMiBps, encrypted: request.encrypted ?? false, kmsKeyId, tags,
    };
    this.#here.volumes.set(description.volumeId, { description, blocks: new Map(blocks) });
    return description;
  }

  async waitForVolume(volumeId: string): Promise<VolumeDescription> {
    await this.#call("waitForVolume", volumeId);
    return this.#find(this.#here.volumes, volumeId, "VolumeNotFound").description;
  }

  async deleteVolume(volumeId: string): Promise<void> {
    await this.#call("deleteVolume", volumeId);
    this.#here.volumes.delete(volumeId);
  }

  async availabilityZones(): Promise<readonly string[]> {
    return ["a", "b", "c"].map((letter) => this.region + letter);
  }

  #locksOf(snapshotIds: readonly string[]): SnapshotLock[] {
    const locks = snapshotIds.flatMap((snapshotId) => this.#here.snapshots.get(snapshotId)?.lock ?? []);
    return locks.filter(({ lockedUntil }) => lockedUntil > this.#clock.now());
  }

  #freeze(volumeId: string, tags: Tags): SnapshotDescription {
    const { description: volume, blocks } = this.#find(this.#here.volumes, volumeId, "VolumeNotFound");
    const description: SnapshotDescription = { snapshotId: `snap-${randomBytes(4).toString("hex")}`, volumeId, state: "pending", volumeSizeBytes: volume.sizeBytes, startedAt: this.#clock.now(), tags };
    this.#here.snapshots.set(description.snapshotId, { description, blocks: new Map(blocks) });
    return description;
  }

  #find<Thing>(things: ReadonlyMap<string, Thing>, id: string, code: string): Thing {
    const found = things.get(id);
    if (found === undefined) throw new NotFoundError(`There is no ${id} in ${this.region}.`, { code });
    return found;
  }
}
