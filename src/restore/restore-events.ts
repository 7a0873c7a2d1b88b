import type { EventOf, Progress } from "../session/index.js";

/** What happens in a restore, and when it is said. */
export interface RestoreEvents {
  /** First of all. */
  "session:started": { readonly session: string };
  /** When everything was checked and the first thing is about to be made. */
  "restore:started": { readonly restorePoint: string; readonly sourceVolume: string; readonly blocks: number; readonly bytes: number };
  /** A few times a second while blocks are written. */
  "restore:progress": { readonly restorePoint: string; readonly sourceVolume: string } & Progress;
  /** When the intermediate snapshot holds everything. */
  "snapshot:completed": { readonly snapshotId: string };
  /** When the new volume is known by its id. */
  "volume:created": { readonly volumeId: string };
  /** When the new volume can be attached. */
  "volume:available": { readonly volumeId: string };
  /** When the intermediate snapshot is gone, or, after a failure, what was made so far. */
  "snapshot:removed": { readonly snapshotId: string };
  /** After a failure, when the new volume is gone again. */
  "volume:removed": { readonly volumeId: string };
  /** When something that should be removed could not be: remove it by hand. */
  "restore:left": { readonly what: string; readonly message: string };
  /** When the record of the restore could not be written: the restore is not undone by that. After `session:ended`. */
  "session:unrecorded": { readonly error: { readonly name: string; readonly message: string; readonly code?: string | undefined } };
  /** Last of all but for `session:unrecorded`, after a success. */
  "session:ended": { readonly session: string };
}

/** One event of a restore, told apart by `type`. */
export type RestoreEvent = EventOf<RestoreEvents>;
