import type { VerifiedBoot, VerifiedFileSystem, VerifiedVolume } from "../../repository/verified/restore-verification.js";
import type { EventOf } from "../../session/index.js";
import type { RestoreThawEvents } from "../thaw/thaw-first.js";

/** What happens in a verified restore, and when it is said. */
export interface VerifyRestoreEvents extends RestoreThawEvents {
  /** First of all. */
  "session:started": { readonly session: string };
  /** When the first volume is about to be read. */
  "verify:started": { readonly restorePoint: string; readonly volumes: readonly string[] };
  /** When a volume's blocks were compared. */
  "volume:verified": VerifiedVolume;
  /** When a file system was checked. */
  "file-system:verified": { readonly fileSystem: VerifiedFileSystem };
  /** When the hashes of files were compared. */
  "files:verified": { readonly files: number; readonly matching: number };
  /** When a machine is started from a disk. */
  "boot:started": { readonly volume: string };
  /** When it booted, or did not. */
  "boot:ended": VerifiedBoot;
  /** When the result is in the repository, with the restore point. */
  "verify:recorded": { readonly restorePoint: string; readonly isVerified: boolean };
  /** When it could not be put there: a key that may not write, a store that does not answer. The result is given all the same. */
  "verify:unrecorded": { readonly restorePoint: string; readonly message: string };
  /** Last of all. */
  "session:ended": { readonly session: string };
}

/** One event of a verified restore, told apart by `type`. */
export type VerifyRestoreEvent = EventOf<VerifyRestoreEvents>;
