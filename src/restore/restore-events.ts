import type { EventOf, Progress } from "../session/index.js";
import type { DifferenceMethod } from "./delta/find-difference.js";
import type { RestoreThawEvents } from "./thaw/thaw-first.js";

/** What happens in a restore, and when it is said. */
export interface RestoreEvents extends RestoreThawEvents {
  /** First of all. */
  "session:started": { readonly session: string };
  /** When another process may still work at the same id: it is watched, for `atMostMs` (a minute and a half), whether that is so. With `takeOver` it is given `atMostMs` (fifteen seconds) to stop. */
  "restore:waiting": { readonly id: string; readonly session: string; readonly atMostMs: number };
  /** When a snapshot is written over the one that was named, and it is known how many blocks differ. */
  "restore:delta": { readonly sourceVolume: string; readonly parentSnapshotId: string; readonly method: DifferenceMethod; readonly blocks: number };
  /** Of a volume's replacement, first of all: by the id it is gone on with or undone, whatever happens to this process. */
  "volume:replacing": { readonly id: string; readonly restorePoint: string; readonly volumeId: string };
  /** When a present volume has a snapshot to be written over. */
  "parent:taken": { readonly volumeId: string; readonly snapshotId: string };
  /** When a parent was named, or a present volume could have been one, and everything is written all the same. */
  "restore:full": { readonly sourceVolume: string; readonly parentSnapshotId?: string | undefined; readonly reason: string };
  /** When what an earlier attempt left half written is gone on with: every block below `startIndex` is in it. */
  "restore:resumed": { readonly sourceVolume: string; readonly snapshotId: string; readonly startIndex: number };
  /** When everything was checked and the first thing is about to be made. */
  "restore:started": { readonly restorePoint: string; readonly sourceVolume: string; readonly blocks: number; readonly bytes: number };
  /** A few times a second while blocks are written. */
  "restore:progress": { readonly restorePoint: string; readonly sourceVolume: string } & Progress;
  /** When the intermediate snapshot holds everything. */
  "snapshot:completed": { readonly snapshotId: string };
  /** When every block of the snapshot was read again and is what it shall be. */
  "snapshot:compared": { readonly snapshotId: string };
  /** When the new volume is known by its id. */
  "volume:created": { readonly volumeId: string };
  /** When the new volume can be attached. */
  "volume:available": { readonly volumeId: string };
  /** When the intermediate snapshot is gone, or, after a failure, what was made so far. */
  "snapshot:removed": { readonly snapshotId: string };
  /** After a failure, when the new volume is gone again. */
  "volume:removed": { readonly volumeId: string };
  /** Of an instance's restore, first of all: by the id it is gone on with or undone, whatever happens to this process. */
  "instance:restoring": { readonly id: string; readonly restorePoint: string; readonly instance: string };
  /** When an image was registered over the snapshots. */
  "image:registered": { readonly imageId: string };
  /** When that image is gone again. */
  "image:removed": { readonly imageId: string };
  /** When the new instance is known by its id. */
  "instance:launched": { readonly instanceId: string };
  /** When an instance has stopped for its volumes to be swapped. */
  "instance:stopped": { readonly instanceId: string };
  /** When a restored volume is attached, and which one went for it. */
  "volume:swapped": { readonly instanceId: string; readonly deviceName: string; readonly volumeId: string; readonly replaced?: string | undefined };
  /** When an instance runs. */
  "instance:running": { readonly instanceId: string };
  /** After a failure, when what was done was taken back. */
  "restore:undone": { readonly id: string; readonly removed: readonly string[]; readonly putBack?: string | undefined };
  /** When something that should be removed could not be: remove it by hand. */
  "restore:left": { readonly what: string; readonly message: string };
  /** When the record of the restore could not be written: the restore is not undone by that. After `session:ended`. */
  "session:unrecorded": { readonly error: { readonly name: string; readonly message: string; readonly code?: string | undefined } };
  /** Last of all but for `session:unrecorded`, after a success. */
  "session:ended": { readonly session: string };
}

/** One event of a restore, told apart by `type`. */
export type RestoreEvent = EventOf<RestoreEvents>;
