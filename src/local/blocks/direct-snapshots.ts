import { createHash, randomBytes } from "node:crypto";
import type { LocalClock } from "../local-clock.js";
import type { LayerStore } from "./layer-store.js";
import type { RecordChange, RecordStore, RecordTable } from "./record-store.js";
import type { SharedLocks } from "./shared-lock.js";
import { noVolumeId } from "./snapshot-record.js";
import type { NewDirectSnapshot, SnapshotRecord } from "./snapshot-record.js";

export interface DirectSnapshotsOptions {
  readonly records: RecordStore;
  readonly layers: LayerStore;
  readonly snapshots: RecordTable<SnapshotRecord>;
  readonly clock: LocalClock;
  readonly locks: SharedLocks;
  readonly snapshotCompletionMs: number;
}

/** The blocks that were put into a snapshot: how many, and the digest of their digests in ascending order (LINEAR). */
export interface WrittenBlocks {
  readonly count: number;
  readonly digest: Buffer;
}

/** Why a block or a completion is not taken. */
export type DirectRefusal = "gone" | "not-pending" | "timed-out" | "in-use";

/** A refusal, for EBS direct to put in its own words. */
export class DirectSnapshotRefused extends Error {
  readonly refusal: DirectRefusal;

  constructor(refusal: DirectRefusal) {
    super(`The snapshot takes no blocks: ${refusal}.`);
    this.name = "DirectSnapshotRefused";
    this.refusal = refusal;
  }
}

/** How much later a written block may be than the record says, so that not every block costs a record. */
const lastWriteResolutionMs = 10_000;

const minuteMs = 60_000;

/** The snapshots that are written block by block, from their start to their completion. */
export class DirectSnapshots {
  readonly #options: DirectSnapshotsOptions;
  readonly #lastWrittenMs = new Map<string, number>();
  readonly #blocksInWork = new Set<string>();

  constructor(options: DirectSnapshotsOptions) {
    this.#options = options;
  }

  /** Starts a snapshot over its parent's blocks; `withIt` gives the changes that become true together with it. */
  start(request: NewDirectSnapshot, withIt: (snapshot: SnapshotRecord) => readonly RecordChange[] = () => []): SnapshotRecord {
    const { layers, records, snapshots, clock } = this.#options;
    const { timeoutMinutes, parentSnapshotId, kmsKeyId, ...facts } = request;
    const parent = parentSnapshotId === undefined ? undefined : snapshots.get(parentSnapshotId);
    const now = clock.now().toISOString();
    const snapshotId = `snap-0${randomBytes(8).toString("hex")}`;
    const { layer, change } = layers.create(parent?.topLayerId ?? null);
    const snapshot: SnapshotRecord = {
      ...facts,
      ...(parentSnapshotId === undefined ? {} : { parentSnapshotId }),
      ...(kmsKeyId === undefined ? {} : { kmsKeyId }),
      snapshotId,
      volumeId: noVolumeId,
      startedAt: now,
      direct: { timeoutMinutes, lastWrittenAt: now },
      topLayerId: layer.id,
      lineageId: parent?.lineageId ?? snapshotId,
    };
    try {
      records.commit([change, snapshots.put(snapshotId, snapshot), ...withIt(snapshot)]);
    } catch (error) {
      layers.abandon(layer);
      throw error;
    }
    return snapshot;
  }

  /** Whether a pending snapshot waited too long for its next block. */
  hasTimedOut(snapshotId: string): boolean {
    const { direct, completesAt } = this.#options.snapshots.get(snapshotId) ?? {};
    if (direct === undefined || completesAt !== undefined) return false;
    const lastWrittenMs = this.#lastWrittenMs.get(snapshotId) ?? Date.parse(direct.lastWrittenAt);
    return this.#options.clock.now().getTime() > lastWrittenMs + direct.timeoutMinutes * minuteMs;
  }

  /** Writes a block, over what was there. Blocks of one snapshot are written beside each other, a single one only once at a time. */
  async writeBlock(snapshotId: string, blockIndex: number, block: Uint8Array, digest: Buffer): Promise<void> {
    const { locks, layers } = this.#options;
    await locks.shared(snapshotId, async () => {
      const topId = this.#requirePending(snapshotId);
      const name = `${snapshotId}/${blockIndex}`;
      if (this.#blocksInWork.has(name)) throw new DirectSnapshotRefused("in-use");
      this.#blocksInWork.add(name);
      layers.retain(topId);
      try {
        await layers.get(topId).write(blockIndex, block, digest);
        this.#noteWrite(snapshotId);
      } finally {
        this.#blocksInWork.delete(name);
        layers.release(topId);
      }
    });
  }

  /** Begins the completion, when no block is under way and `check` throws nothing about what was written. */
  async complete(snapshotId: string, check: (written: WrittenBlocks) => void): Promise<SnapshotRecord> {
    const { locks, layers, records, snapshots, clock, snapshotCompletionMs } = this.#options;
    return await locks.alone(snapshotId, async () => {
      const topId = this.#requirePending(snapshotId);
      layers.retain(topId);
      try {
        check(await this.#written(topId));
      } finally {
        layers.release(topId);
      }
      const snapshot = snapshots.get(snapshotId);
      if (snapshot === undefined) throw new DirectSnapshotRefused("gone");
      const completed = { ...snapshot, completesAt: new Date(clock.now().getTime() + snapshotCompletionMs).toISOString() };
      records.commit([snapshots.put(snapshotId, completed)]);
      this.#lastWrittenMs.delete(snapshotId);
      return completed;
    });
  }

  /** Forgets what is kept in memory of a snapshot that is gone. */
  forget(snapshotId: string): void {
    this.#lastWrittenMs.delete(snapshotId);
  }

  async #written(topId: string): Promise<WrittenBlocks> {
    const layer = this.#options.layers.get(topId);
    const hash = createHash("sha256");
    let count = 0;
    for (const blockIndex of layer.written()) {
      hash.update(await layer.digest(blockIndex));
      count += 1;
    }
    return { count, digest: hash.digest() };
  }

  #requirePending(snapshotId: string): string {
    const snapshot = this.#options.snapshots.get(snapshotId);
    if (snapshot === undefined) throw new DirectSnapshotRefused("gone");
    if (snapshot.direct === undefined || snapshot.topLayerId === null || snapshot.completesAt !== undefined) throw new DirectSnapshotRefused("not-pending");
    if (this.hasTimedOut(snapshotId)) throw new DirectSnapshotRefused("timed-out");
    return snapshot.topLayerId;
  }

  #noteWrite(snapshotId: string): void {
    const { clock, records, snapshots } = this.#options;
    const now = clock.now();
    this.#lastWrittenMs.set(snapshotId, now.getTime());
    const snapshot = snapshots.get(snapshotId);
    if (snapshot?.direct === undefined || now.getTime() - Date.parse(snapshot.direct.lastWrittenAt) < lastWriteResolutionMs) return;
    const direct = { ...snapshot.direct, lastWrittenAt: now.toISOString() };
    records.commit([snapshots.put(snapshotId, { ...snapshot, direct })]);
  }
}
