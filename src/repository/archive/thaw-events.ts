import type { EventOf } from "../../session/index.js";

/** What happens in a thaw, and when it is said. */
export interface ThawEvents {
  /** First of all. */
  "session:started": { readonly session: string };
  /** When it is known what is asked for: packs in the archive, and those that are thawed for too short a time. */
  "thaw:started": { readonly restorePoint: string; readonly packs: number; readonly bytes: number; readonly tier: string; readonly days: number };
  /** When every pack is asked for. */
  "thaw:requested": { readonly restorePoint: string; readonly packs: number };
  /** After each look at what is still being thawed. */
  "thaw:progress": { readonly restorePoint: string; readonly readablePacks: number; readonly packs: number };
  /** Last of all, after a success. */
  "session:ended": { readonly session: string };
}

/** One event of a thaw, told apart by `type`. */
export type ThawEvent = EventOf<ThawEvents>;

/** What a thaw did. JSON. */
export interface ThawResult {
  readonly session: string;
  readonly restorePoint: string;
  readonly volumes: readonly string[];
  /** Data packs that a restore reads. */
  readonly packs: number;
  /** Of those, asked for by this thaw. */
  readonly requestedPacks: number;
  readonly requestedBytes: number;
  /** Whether everything can be read now: always, where the thaw waited. */
  readonly isReadable: boolean;
  /** When the first of the thawed copies goes away, ISO 8601; absent where none will, or none is there yet. */
  readonly readableUntil?: string | undefined;
  readonly startedAt: string;
  readonly endedAt: string;
  readonly durationMs: number;
}
