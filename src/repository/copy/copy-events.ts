import type { EventOf, Progress } from "../../session/index.js";
import type { CopiedPoint, CopiedVolume } from "./copy-result.js";

/** What happens in a copy, and when it is said. */
export interface CopyEvents {
  /** First of all. */
  "session:started": { readonly session: string; readonly source: string; readonly target: string };
  /** When a point is about to be copied. */
  "point:started": { readonly point: string; readonly resource: string; readonly createdAt: string };
  /** When the target has the point already. */
  "point:skipped": { readonly point: string; readonly copy: string };
  /** When it is known how a volume is read, before its first block is. */
  "volume:started": { readonly point: string; readonly volumeId: string; readonly method: "full" | "incremental"; readonly fullReason?: string | undefined };
  /** A few times a second while blocks are copied. */
  "volume:progress": { readonly point: string; readonly volumeId: string } & Progress;
  /** When a volume's record is written. */
  "volume:completed": { readonly point: string } & CopiedVolume;
  /** When another run came in between, or the worker that copied was lost, and the point is begun again; what was stored is found. */
  "point:retried": { readonly point: string; readonly attempt: number; readonly code: string; readonly message: string };
  /** When the copy exists in the target. */
  "point:completed": CopiedPoint;
  /** When a point can not be copied, and others follow. */
  "point:failed": { readonly point: string; readonly code: string; readonly message: string };
  /** Last of all, after a success. */
  "session:ended": { readonly session: string; readonly copied: number; readonly present: number };
}

/** One event of a copy, told apart by `type`. */
export type CopyEvent = EventOf<CopyEvents>;
