import { randomBytes } from "node:crypto";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { LocalClock } from "../local-clock.js";
import { resolveBlockTimes } from "./block-limits.js";
import type { BlockTimes, ResolvedBlockTimes } from "./block-limits.js";
import { DirectSnapshots } from "./direct-snapshots.js";
import type { Layer } from "./layer.js";
import type { LayerStack } from "./layer-stack.js";
import { LayerStore } from "./layer-store.js";
import type { RecordChange, RecordTable } from "./record-store.js";
import { RecordStore } from "./record-store.js";
import { SharedLocks } from "./shared-lock.js";
import { listChangedBlocks, listWrittenBlocks } from "./snapshot-blocks.js";
import type { BlockListing, ChangedBlock } from "./snapshot-blocks.js";
import type { NewSnapshot, SnapshotRecord, SnapshotState } from "./snapshot-record.js";
import { checkRange, importBlock, readBytes, trimBytes, writeBytes } from "./volume-data.js";
import { changed } from "./volume-record.js";
import type { Changes, NewVolume, VolumeRecord } from "./volume-record.js";

export interface BlockStorageOptions {
  /** The folder of all data; made where it is missing, and never removed. */
  readonly directory: string;
  readonly clock: LocalClock;
  readonly times?: BlockTimes | undefined;
}

/**
 * All volumes and snapshots with their data: the one store that EC2 and EBS direct share.
 *
 * A volume writes into a layer of its own over the layers of the snapshot it was made of. A snapshot keeps the volume's
 * layer, which nobody writes to any more, and the volume goes on in a new one: however large, that takes one record.
 */
export class BlockStorage {
  /** Where other services keep tables that change together with these. */
  readonly records: RecordStore;
  /** The snapshots that are written through EBS direct. */
  readonly direct: DirectSnapshots;
  readonly #clock: LocalClock;
  readonly #times: ResolvedBlockTimes;
  readonly #layers: LayerStore;
  readonly #volumes: RecordTable<VolumeRecord>;
  readonly #snapshots: RecordTable<SnapshotRecord>;
  readonly #locks = new SharedLocks();

  private constructor(records: RecordStore, { directory, clock, times }: BlockStorageOptions) {
    this.records = records;
    this.#clock = clock;
    this.#times = resolveBlockTimes(times);
    this.#volumes = records.table("volume");
    this.#snapshots = records.table("snapshot");
    const tops = [...this.#volumes.values(), ...this.#snapshots.values()].map(({ topLayerId }) => topLayerId);
    this.#layers = new LayerStore(join(directory, "layers"), records, tops);
    const { snapshotCompletionMs } = this.#times;
    this.direct = new DirectSnapshots({ records, layers: this.#layers, snapshots: this.#snapshots, clock, locks: this.#locks, snapshotCompletionMs });
  }

  /** Opens the store below `directory`, and removes what an earlier end left half done. */
  static async open(options: BlockStorageOptions): Promise<BlockStorage> {
    await mkdir(options.directory, { recursive: true, mode: 0o700 });
    const records = RecordStore.open(join(options.directory, "records"));
    try {
      return new BlockStorage(records, options);
    } catch (error) {
      records.close();
      throw error;
    }
  }

  /** Makes a volume, empty or of a snapshot; `creationMs` later it is available. */
  createVolume(request: NewVolume, creationMs = this.#times.volumeCreationMs): VolumeRecord {
    const source = request.snapshotId === undefined ? undefined : this.#requireSnapshot(request.snapshotId);
    const now = this.#clock.now().getTime();
    const volumeId = `vol-0${randomBytes(8).toString("hex")}`;
    const { layer, change } = this.#layers.create(source?.topLayerId ?? null);
    const { iops, throughputMiBps, initializationRateMiBps, kmsKeyId, snapshotId, ...facts } = request;
    const made = {
      volumeId,
      createdAt: new Date(now).toISOString(),
      availableAt: new Date(now + creationMs).toISOString(),
      topLayerId: layer.id,
      lineageId: source?.lineageId ?? volumeId,
    };
    const volume = changed<VolumeRecord>({ ...facts, ...made }, { iops, throughputMiBps, initializationRateMiBps, kmsKeyId, snapshotId });
    this.#commit([change, this.#volumes.put(volumeId, volume)], [layer]);
    return volume;
  }

  volume(volumeId: string): VolumeRecord | undefined {
    return this.#volumes.get(volumeId);
  }

  volumes(): Iterable<VolumeRecord> {
    return this.#volumes.values();
  }

  updateVolume(volumeId: string, changes: Changes<VolumeRecord>): VolumeRecord {
    const volume = changed(this.#requireVolume(volumeId), changes);
    this.records.commit([this.#volumes.put(volumeId, volume)]);
    return volume;
  }

  deleteVolume(volumeId: string): void {
    const { topLayerId } = this.#requireVolume(volumeId);
    this.records.commit([this.#volumes.remove(volumeId)]);
    this.#layers.release(topLayerId);
  }

  volumeState(volume: { readonly volumeId: string }): "creating" | "available" {
    return this.#hasPassed(this.#volumes.get(volume.volumeId)?.availableAt) ? "available" : "creating";
  }

  /** Freezes all the volumes at one moment: all or none. A write that is under way lands before it. */
  async createSnapshots(requests: readonly NewSnapshot[]): Promise<SnapshotRecord[]> {
    return await this.#locks.allAlone(
      requests.map(({ volumeId }) => volumeId),
      () => Promise.resolve(this.#freeze(requests)),
    );
  }

  snapshot(snapshotId: string): SnapshotRecord | undefined {
    return this.#snapshots.get(snapshotId);
  }

  snapshots(): Iterable<SnapshotRecord> {
    return this.#snapshots.values();
  }

  updateSnapshot(snapshotId: string, changes: Changes<SnapshotRecord>): SnapshotRecord {
    const snapshot = changed(this.#requireSnapshot(snapshotId), changes);
    this.records.commit([this.#snapshots.put(snapshotId, snapshot)]);
    return snapshot;
  }

  deleteSnapshot(snapshotId: string): void {
    const { topLayerId } = this.#requireSnapshot(snapshotId);
    this.records.commit([this.#snapshots.remove(snapshotId)]);
    this.direct.forget(snapshotId);
    this.#layers.release(topLayerId);
  }

  snapshotState(snapshot: { readonly snapshotId: string; readonly completesAt?: string | undefined; readonly failed?: string | undefined }): SnapshotState {
    if (snapshot.failed !== undefined) return "error";
    if (snapshot.completesAt !== undefined) return this.#hasPassed(snapshot.completesAt) ? "completed" : "pending";
    return this.direct.hasTimedOut(snapshot.snapshotId) ? "error" : "pending";
  }

  /** A completed snapshot's written blocks from `startBlock` on. */
  listBlocks(snapshotId: string, startBlock: number, maxBlocks: number): BlockListing<number> {
    return listWrittenBlocks(this.#frozen(snapshotId), startBlock, maxBlocks);
  }

  /** The blocks that differ between two completed snapshots, from `startBlock` on. */
  async listChangedBlocks(firstId: string, secondId: string, startBlock: number, maxBlocks: number): Promise<BlockListing<ChangedBlock>> {
    const first = this.#requireSnapshot(firstId).topLayerId;
    const second = this.#requireSnapshot(secondId).topLayerId;
    return await this.#keeping([first, second], () => listChangedBlocks(this.#layers, { first, second }, startBlock, maxBlocks));
  }

  /** A block of a completed snapshot with the digest that was kept of it; undefined where it is not written. */
  async readBlock(snapshotId: string, blockIndex: number, target: Uint8Array): Promise<Buffer | undefined> {
    const layer = this.#frozen(snapshotId).find(blockIndex);
    if (layer === undefined) return undefined;
    return await this.#keeping([layer.id], async () => {
      const digest = await layer.frozenDigest(blockIndex);
      await layer.read(blockIndex, 0, target);
      return digest;
    });
  }

  /** Reads bytes of a volume into `target`: zeros where nothing was written. */
  async readVolume(volumeId: string, offset: number, target: Uint8Array): Promise<void> {
    await this.#useVolume(volumeId, offset, target.length, (_top, stack) => readBytes(stack, offset, target));
  }

  async writeVolume(volumeId: string, offset: number, bytes: Uint8Array): Promise<void> {
    await this.#useVolume(volumeId, offset, bytes.length, (top, stack) => writeBytes(top, stack, offset, bytes));
  }

  /** Makes a range unwritten, as the TRIM command does. */
  async trimVolume(volumeId: string, offset: number, length: number): Promise<void> {
    await this.#useVolume(volumeId, offset, length, (top, stack) => trimBytes(top, stack, offset, length));
  }

  /** Puts a whole block of a disk image into a volume; zeros leave it, or make it, unwritten. */
  async importBlock(volumeId: string, blockIndex: number, block: Uint8Array): Promise<void> {
    await this.#useVolume(volumeId, blockIndex * block.length, block.length, (top, stack) => importBlock(top, stack, blockIndex, block));
  }

  /** The written blocks of a volume from `startBlock` on. */
  listVolumeBlocks(volumeId: string, startBlock: number, maxBlocks: number): BlockListing<number> {
    return listWrittenBlocks(this.#layers.stack(this.#requireVolume(volumeId).topLayerId), startBlock, maxBlocks);
  }

  close(): void {
    this.#layers.close();
    this.records.close();
  }

  #freeze(requests: readonly NewSnapshot[]): SnapshotRecord[] {
    const now = this.#clock.now().getTime();
    const times = { startedAt: new Date(now).toISOString(), completesAt: new Date(now + this.#times.snapshotCompletionMs).toISOString() };
    const changes: RecordChange[] = [];
    const created: Layer[] = [];
    const kept: (string | null)[] = [];
    const snapshots = requests.map((request) => {
      const volume = this.#requireVolume(request.volumeId);
      const top = this.#layers.get(volume.topLayerId);
      let frozenId: string | null = top.id;
      // A volume that was not written to since its last snapshot is as that was.
      if (top.isEmpty) {
        frozenId = top.parentId;
        kept.push(frozenId);
      } else {
        const { layer, change } = this.#layers.create(top.id);
        created.push(layer);
        changes.push(change, this.#volumes.put(volume.volumeId, { ...volume, topLayerId: layer.id }));
      }
      const { accountId, region, sizeGib, encrypted, kmsKeyId, lineageId } = volume;
      const snapshotId = `snap-0${randomBytes(8).toString("hex")}`;
      const facts = { ...request, ...times, snapshotId, accountId, region, sizeGib, encrypted, lineageId, topLayerId: frozenId };
      const snapshot: SnapshotRecord = kmsKeyId === undefined ? facts : { ...facts, kmsKeyId };
      changes.push(this.#snapshots.put(snapshotId, snapshot));
      return snapshot;
    });
    this.#commit(changes, created);
    for (const id of kept) this.#layers.retain(id);
    return snapshots;
  }

  #commit(changes: readonly RecordChange[], created: readonly Layer[]): void {
    try {
      this.records.commit(changes);
    } catch (error) {
      for (const layer of created) this.#layers.abandon(layer);
      throw error;
    }
  }

  #frozen(snapshotId: string): LayerStack {
    return this.#layers.frozenStack(this.#requireSnapshot(snapshotId).topLayerId);
  }

  /** One at a time for each volume, so that a block is never half one write and half another. */
  async #useVolume<T>(volumeId: string, offset: number, length: number, use: (top: Layer, stack: LayerStack) => Promise<T>): Promise<T> {
    checkRange(this.#requireVolume(volumeId), offset, length);
    return await this.#locks.alone(volumeId, async () => {
      const { topLayerId } = this.#requireVolume(volumeId);
      return await this.#keeping([topLayerId], () => use(this.#layers.get(topLayerId), this.#layers.stack(topLayerId)));
    });
  }

  /** Keeps layers on disk while they are used, whoever deletes what they belong to. */
  async #keeping<T>(layerIds: readonly (string | null)[], use: () => Promise<T>): Promise<T> {
    for (const id of layerIds) this.#layers.retain(id);
    try {
      return await use();
    } finally {
      for (const id of layerIds) this.#layers.release(id);
    }
  }

  #requireVolume(volumeId: string): VolumeRecord {
    const volume = this.#volumes.get(volumeId);
    if (volume === undefined) throw new RangeError(`There is no volume ${volumeId}.`);
    return volume;
  }

  #requireSnapshot(snapshotId: string): SnapshotRecord {
    const snapshot = this.#snapshots.get(snapshotId);
    if (snapshot === undefined) throw new RangeError(`There is no snapshot ${snapshotId}.`);
    return snapshot;
  }

  #hasPassed(at: string | undefined): boolean {
    return at === undefined || this.#clock.now().getTime() >= new Date(at).getTime();
  }
}
