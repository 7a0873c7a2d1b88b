import { createHash, randomBytes } from "node:crypto";
import { ConflictError, NotFoundError } from "../../src/errors/index.js";
import {
  blockSizeBytes,
  type BlockChange,
  type BlockReader,
  type BlockReference,
  type BlockWriter,
  type Clock,
  type CloudAccount,
  type SnapshotDescription,
  type SnapshotWriterRequest,
  type Tags,
  type VolumeDescription,
} from "../../src/ports/index.js";
import { MemoryCompute } from "./memory-compute.js";
import type { Blocks, MemoryDisk, MemoryRegion, MemorySnapshot } from "./memory-region.js";

const gib = 2 ** 30;

/** An account in memory: volumes are sparse maps, snapshots freeze them, changes are told by comparing data. */
export class MemoryCloud implements CloudAccount {
  readonly region = "eu-west-1";
  readonly clock: Clock;
  readonly regions = new Map<string, MemoryRegion>();
  /** Every call, as `operation id`. */
  readonly calls: string[] = [];
  /** Snapshots that are written, by the client token of their request. */
  readonly begunByToken = new Map<string, string>();
  /** Called before each call takes effect: may throw, or wait. */
  onCall: (operation: string, id: string) => void | Promise<void> = () => undefined;

  constructor(clock: Clock) {
    this.clock = clock;
  }

  async call(operation: string, id: string): Promise<void> {
    this.calls.push(`${operation} ${id}`);
    await this.onCall(operation, id);
  }

  count(operation: string): number {
    return this.calls.filter((call) => call.startsWith(`${operation} `)).length;
  }

  in(region: string): MemoryRegion {
    let found = this.regions.get(region);
    if (found === undefined) this.regions.set(region, (found = { instances: new Map(), volumes: new Map(), snapshots: new Map() }));
    return found;
  }

  addVolume(volumeId: string, options: { readonly region?: string; readonly tags?: Tags; readonly sizeGib?: number } = {}): MemoryDisk {
    const region = options.region ?? this.region;
    const description: VolumeDescription = {
      volumeId, sizeBytes: (options.sizeGib ?? 1) * gib, availabilityZone: `${region}a`, volumeType: "gp3", iops: 3_000, throughputMiBps: 125, encrypted: false, tags: options.tags ?? {},
    };
    const disk = { description, blocks: new Map<number, Buffer>() };
    this.in(region).volumes.set(volumeId, disk);
    return disk;
  }

  addInstance(instanceId: string, volumeIds: readonly string[], options: { readonly region?: string; readonly tags?: Tags } = {}): void {
    const region = this.in(options.region ?? this.region);
    const volumes = volumeIds.map((volumeId, position) => ({ volumeId, deviceName: position === 0 ? "/dev/xvda" : `/dev/sd${"fghij"[position - 1] ?? "z"}` }));
    for (const { volumeId, deviceName } of volumes) {
      const disk = region.volumes.get(volumeId)!;
      disk.description = { ...disk.description, attachment: { instanceId, deviceName } };
    }
    const tags = options.tags ?? {};
    region.instances.set(instanceId, { instanceId, name: tags["Name"], tags, rootDeviceName: "/dev/xvda", volumes, attributes: { InstanceId: instanceId, InstanceType: "t3.micro" } });
  }

  snapshotIds(region = this.region): string[] {
    return [...this.in(region).snapshots.keys()];
  }

  async accountId(): Promise<string> {
    return "111122223333";
  }

  compute(region: string): MemoryCompute {
    return new MemoryCompute(region, this.in(region), this.clock, (operation, id) => this.call(operation, id), (name) => this.in(name));
  }

  async openSnapshotReader({ region, snapshotId }: { readonly region: string; readonly snapshotId: string }): Promise<BlockReader> {
    await this.call("openSnapshotReader", snapshotId);
    const snapshots = this.in(region).snapshots;
    const snapshot = snapshots.get(snapshotId);
    if (snapshot === undefined) throw new NotFoundError(`There is no snapshot ${snapshotId}.`, { code: "SnapshotNotFound" });
    return {
      source: snapshotId,
      volumeSizeBytes: snapshot.description.volumeSizeBytes,
      blocks: (options) => references(snapshot.blocks, options?.startIndex ?? 0),
      changesSince: (base) => changes(snapshots.get(base), snapshot, base),
      read: async ({ index }) => {
        await this.call("read", `${snapshotId}/${String(index)}`);
        const data = snapshot.blocks.get(index) ?? Buffer.alloc(blockSizeBytes);
        return { index, data, sha256: digestOf(data) };
      },
      close: async () => {
        await this.call("closeReader", snapshotId);
      },
    };
  }

  /** A repeated request gives the same snapshot, which is empty in this place: nobody writes into one and then asks again. */
  async openSnapshotWriter(request: SnapshotWriterRequest): Promise<BlockWriter<{ readonly snapshotId: string }>> {
    await this.call("openSnapshotWriter", request.clientToken);
    const { snapshots } = this.in(request.region);
    const snapshotId = this.begunByToken.get(request.clientToken) ?? `snap-${randomBytes(4).toString("hex")}`;
    this.begunByToken.set(request.clientToken, snapshotId);
    const blocks: Blocks = new Map();
    const description: SnapshotDescription = { snapshotId, volumeId: "vol-ffffffff", state: "pending", volumeSizeBytes: request.volumeSizeBytes, startedAt: this.clock.now(), tags: request.tags };
    const snapshot = { description, blocks };
    snapshots.set(snapshotId, snapshot);
    return {
      target: snapshotId,
      write: async ({ index, data }) => {
        await this.call("write", `${snapshotId}/${String(index)}`);
        blocks.set(index, Buffer.from(data));
      },
      complete: async () => {
        await this.call("complete", snapshotId);
        snapshots.set(snapshotId, { ...snapshot, description: { ...description, state: "completed" } });
        return { snapshotId };
      },
      abort: async () => {
        await this.call("abort", snapshotId);
        snapshots.delete(snapshotId);
      },
    };
  }
}

/** Of buffers that stand for many blocks, as zeros do, once. */
const digests = new WeakMap<Buffer, Buffer>();

function digestOf(data: Buffer): Buffer {
  let digest = digests.get(data);
  if (digest === undefined) digests.set(data, (digest = createHash("sha256").update(data).digest()));
  return digest;
}

async function* references(blocks: ReadonlyMap<number, Buffer>, startIndex: number): AsyncGenerator<BlockReference> {
  for (const index of ascending(blocks.keys())) if (index >= startIndex) yield { index };
}

async function* changes(base: MemorySnapshot | undefined, snapshot: MemorySnapshot, baseId: string): AsyncGenerator<BlockChange> {
  if (base === undefined) throw new NotFoundError(`There is no snapshot ${baseId}.`, { code: "SnapshotNotFound" });
  if (base.description.volumeId !== snapshot.description.volumeId) throw new ConflictError("They are of different volumes.", { code: "UnrelatedSnapshots" });
  for (const index of ascending(new Set([...base.blocks.keys(), ...snapshot.blocks.keys()]))) {
    const before = base.blocks.get(index);
    const now = snapshot.blocks.get(index);
    if (before !== undefined && now !== undefined && (before === now || before.equals(now))) continue;
    yield now === undefined ? { index } : { index, reference: { index } };
  }
}

function ascending(indexes: Iterable<number>): number[] {
  return [...indexes].sort((a, b) => a - b);
}
