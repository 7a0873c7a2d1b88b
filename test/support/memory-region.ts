import type { InstanceDescription, SnapshotDescription, SnapshotLock, VolumeDescription } from "../../src/ports/index.js";

export type Blocks = Map<number, Buffer>;

export interface MemoryDisk {
  description: VolumeDescription;
  readonly blocks: Blocks;
}

export interface MemorySnapshot {
  description: SnapshotDescription;
  readonly blocks: ReadonlyMap<number, Buffer>;
  lock?: SnapshotLock;
  readonly sharedWith?: Set<string>;
}

/** One region's things. */
export interface MemoryRegion {
  readonly instances: Map<string, InstanceDescription>;
  readonly volumes: Map<string, MemoryDisk>;
  readonly snapshots: Map<string, MemorySnapshot>;
}
