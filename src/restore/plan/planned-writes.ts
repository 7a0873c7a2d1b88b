import type { DifferenceMethod } from "../delta/find-difference.js";

/** What is written of a volume, as far as can be told without reading what is there now. JSON. */
export interface PlannedWrites {
  /** The volume of the restore point. */
  readonly volume: string;
  /** `delta`: only what differs from what is there now, unless EBS refuses that: then everything. */
  readonly method: "full" | "delta";
  /** Of a delta: the snapshot that is written over, or the volume of which one is taken for it. */
  readonly over?: string | undefined;
  /** Of a delta: how the restore finds out what differs. */
  readonly by?: DifferenceMethod | undefined;
  /** Why everything is written though there is something to write over. */
  readonly fullReason?: string | undefined;
  /** Whether the numbers are bounds: what differs, or what there is to be compared, the restore alone finds out. */
  readonly isAtMost: boolean;
  /** Blocks of 512 KiB that are written, zeros among them: PutSnapshotBlock calls. */
  readonly blocks: number;
  /** Ranged reads of the repository's packs for them, and the bytes they bring. */
  readonly storeReads: number;
  readonly storeBytes: number;
  /** GetSnapshotBlock calls, by which what differs is found out, or what was written compared. */
  readonly blocksRead: number;
  /** Of a bound: what differs at least, by the restore points alone. What was written to the volume since then is not in it. */
  readonly known?: KnownWrites | undefined;
}

/** In what a volume differed from the restore point when it was last backed up. JSON. */
export interface KnownWrites {
  readonly since: string;
  readonly blocks: number;
  readonly storeReads: number;
  readonly storeBytes: number;
}
