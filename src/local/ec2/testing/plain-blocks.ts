import { randomBytes, randomUUID } from "node:crypto";
import { RecordStore } from "../../blocks/record-store.js";
import type { RecordTable } from "../../blocks/record-store.js";
import type { LocalClock } from "../../local-clock.js";
import type { BlockResources, NewVolumeFacts, SnapshotFacts, VolumeFacts } from "../block-resources.js";

/** Volumes and snapshots without data: what EC2 alone can be tested on. */
export class PlainBlocks implements BlockResources {
  readonly records: RecordStore;
  readonly #clock: LocalClock;
  readonly #completionMs: number;
  readonly #volumes: RecordTable<VolumeFacts>;
  readonly #snapshots: RecordTable<SnapshotFacts>;

  constructor(path: string, clock: LocalClock, completionMs: number) {
    this.records = RecordStore.open(path);
    this.#clock = clock;
    this.#completionMs = completionMs;
    this.#volumes = this.records.table("volume");
    this.#snapshots = this.records.table("snapshot");
  }

  createVolume(request: NewVolumeFacts): VolumeFacts {
    const volume = { ...request, volumeId: idOf("vol"), createdAt: this.#clock.now().toISOString() };
    this.records.commit([this.#volumes.put(volume.volumeId, volume)]);
    return volume;
  }

  volume(volumeId: string): VolumeFacts | undefined {
    return this.#volumes.get(volumeId);
  }

  volumes(): Iterable<VolumeFacts> {
    return this.#volumes.values();
  }

  updateVolume(volumeId: string, changes: Partial<VolumeFacts>): VolumeFacts {
    const volume = { ...required(this.volume(volumeId)), ...changes };
    this.records.commit([this.#volumes.put(volumeId, volume)]);
    return volume;
  }

  deleteVolume(volumeId: string): void {
    this.records.commit([this.#volumes.remove(volumeId)]);
  }

  volumeState(): "available" {
    return "available";
  }

  async createSnapshots(
    requests: readonly { readonly volumeId: string; readonly description: string; readonly tags: Record<string, string> }[],
  ): Promise<readonly SnapshotFacts[]> {
    const now = this.#clock.now();
    const snapshots = requests.map((request): SnapshotFacts => {
      const { accountId, region, sizeGib, encrypted, kmsKeyId } = required(this.volume(request.volumeId));
      const completesAt = new Date(now.getTime() + this.#completionMs).toISOString();
      const times = { startedAt: now.toISOString(), completesAt };
      return { ...request, ...times, snapshotId: idOf("snap"), accountId, region, sizeGib, encrypted, kmsKeyId, lineageId: randomUUID() };
    });
    this.records.commit(snapshots.map((snapshot) => this.#snapshots.put(snapshot.snapshotId, snapshot)));
    return snapshots;
  }

  snapshot(snapshotId: string): SnapshotFacts | undefined {
    return this.#snapshots.get(snapshotId);
  }

  snapshots(): Iterable<SnapshotFacts> {
    return this.#snapshots.values();
  }

  updateSnapshot(snapshotId: string, changes: Partial<SnapshotFacts>): SnapshotFacts {
    const snapshot = { ...required(this.snapshot(snapshotId)), ...changes };
    this.records.commit([this.#snapshots.put(snapshotId, snapshot)]);
    return snapshot;
  }

  deleteSnapshot(snapshotId: string): void {
    this.records.commit([this.#snapshots.remove(snapshotId)]);
  }

  snapshotState(snapshot: SnapshotFacts): "pending" | "completed" {
    return this.#clock.now().getTime() >= new Date(snapshot.completesAt ?? 0).getTime() ? "completed" : "pending";
  }
}

function idOf(prefix: string): string {
  return `${prefix}-0${randomBytes(8).toString("hex")}`;
}

function required<T>(value: T | undefined): T {
  if (value === undefined) throw new Error("what was asked for is not there");
  return value;
}
