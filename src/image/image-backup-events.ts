import type { EventOf, Progress } from "../session/index.js";

/** What happens in the backup of a raw disk image, and when it is said. */
export interface ImageBackupEvents {
  /** First of all. */
  "session:started": { readonly session: string; readonly resource: string; readonly path: string };
  /** When the image is about to be read, and it is known how: all of it, or what was told to have changed. */
  "image:started": { readonly path: string; readonly sizeBytes: number; readonly method: "full" | "incremental"; readonly fullReason?: string | undefined };
  /** A few times a second while it is read. */
  "image:progress": { readonly path: string } & Progress;
  /** When all of it is stored. It is restorable once its point is committed. */
  "image:completed": { readonly path: string; readonly storedBlocks: number; readonly storedBytes: number };
  /** When the restore point exists. */
  "point:committed": { readonly resource: string; readonly point: string };
  /** Last of all, after a success. */
  "session:ended": { readonly session: string };
}

/** One event of an image's backup, told apart by `type`. */
export type ImageBackupEvent = EventOf<ImageBackupEvents>;
