import { HoldfastError, PartialFailureError, type PartialFailure } from "../errors/index.js";
import type { RequestCount } from "../ports/index.js";
import type { RequestCounts } from "../repository/requests/request-counts.js";
import type { VolumeBackupResult } from "../mover/index.js";

/** An error as JSON: what `toJSON` of a holdfast error says, or the name and message of any other. */
export interface ErrorFacts {
  readonly name: string;
  readonly message: string;
  readonly code?: string | undefined;
  readonly retryable?: boolean | undefined;
}

/** Something to look at that did not cost the restore point, such as a snapshot that could not be removed. */
export interface SessionWarning {
  readonly code: "SnapshotLeft" | "SnapshotsNotChecked" | "HookFailed" | "ReplicaLeft" | "StillShared" | "PointLeft" | "RetentionFailed" | "AlsoFailed";
  readonly message: string;
}

/** The replicas of one restore point's snapshots in one place. JSON. */
export interface ReplicaResult {
  readonly region: string;
  readonly accountId: string;
  readonly snapshots: readonly { readonly volumeId: string; readonly snapshotId: string }[];
}

/** The replica of an earlier restore point that its own run missed, for it was killed or could not make it, and that this one made up for. JSON. */
export interface CaughtUpReplica extends ReplicaResult {
  /** The earlier restore point. */
  readonly point: string;
  /** The run that made it. */
  readonly session: string;
}

/** A snapshot or replica that a run locked against deletion. JSON. */
export interface LockedSnapshot {
  readonly region: string;
  readonly snapshotId: string;
  readonly mode: "governance" | "compliance";
  /** ISO 8601. */
  readonly lockedUntil: string;
}

/** A snapshot or replica that is needed no more, and stays until its lock ends: no failure. JSON. */
export interface WaitingSnapshot {
  readonly region: string;
  readonly snapshotId: string;
  /** Why it is needed no more, and until when it is locked. */
  readonly reason: string;
}

/** How one resource fared. JSON. */
export interface ResourceResult {
  /** `<account>/<region>/<id>`. */
  readonly resource: string;
  readonly kind: "instance" | "volume";
  readonly outcome: "succeeded" | "failed" | "skipped";
  /** Why it was skipped. */
  readonly reason?: string | undefined;
  readonly error?: ErrorFacts | undefined;
  /** The restore point that was made: it is there also where what follows it (a replica, the archive) failed. */
  readonly point?: string | undefined;
  readonly volumes: readonly VolumeBackupResult[];
  /** The replicas that were made. */
  readonly replicas?: readonly ReplicaResult[] | undefined;
  /** Replicas of the restore point before this one that were made up for, where there are any. */
  readonly caughtUp?: readonly CaughtUpReplica[] | undefined;
  /** The snapshots and replicas that were locked, where the policy locks any. */
  readonly locks?: readonly LockedSnapshot[] | undefined;
  /** Snapshots and replicas that wait for the end of their locks, where there are any: later runs remove them. */
  readonly waiting?: readonly WaitingSnapshot[] | undefined;
  /** Copies that are in the archive since this run: their ids there. */
  readonly archived?: readonly string[] | undefined;
  /** Points that retention removed, in both repositories. */
  readonly removed?: readonly string[] | undefined;
  readonly warnings: readonly SessionWarning[];
  /** How often it was tried. */
  readonly attempts: number;
  readonly startedAt: string;
  readonly endedAt: string;
  readonly durationMs: number;
}

/** What one run of a policy did. JSON. */
export interface SessionResult {
  readonly session: string;
  readonly policy: string;
  readonly repository: string;
  readonly startedAt: string;
  readonly endedAt: string;
  readonly durationMs: number;
  readonly resources: readonly ResourceResult[];
  /**
   * Each attempt that was made of the provider from the run's beginning until its result was there, by operation and region: by this process through the policy's accounts and
   * stores (also for others that use the same at that time), and by workers elsewhere for the volumes that they backed up. The run's record has the same. What tells people of
   * the end and closes the record comes after it. Absent where nobody counts, as of a directory.
   */
  readonly requests?: readonly RequestCount[] | undefined;
  /** Of these, those to the stores that succeeded, for this run alone, by what S3 charges for them: what `policy.estimate` goes by. */
  readonly storeRequests: { readonly repository: RequestCounts; readonly archive?: RequestCounts | undefined };
}

/** Some or all resources of a run failed; `result` says how each of them fared. */
export class SessionFailureError extends PartialFailureError {
  readonly result: SessionResult;

  constructor(result: SessionResult, failures: readonly PartialFailure[]) {
    const completed = result.resources.filter(({ outcome }) => outcome === "succeeded").map(({ resource }) => resource);
    const named = failures.slice(0, maxNamed).map(({ resource, error }) => `${resource}: ${HoldfastError.isInstance(error) ? error.code : error.name}`);
    const more = failures.length > maxNamed ? `, and ${String(failures.length - maxNamed)} more` : "";
    super(`Policy ${result.policy}: ${String(failures.length)} of ${String(result.resources.length)} resources failed (${named.join("; ")}${more}), the first because: ${failures[0]?.error.message ?? ""} "failures" has the others; the restore points of "completed" are safe.`, {
      code: "ResourcesFailed",
      retryable: failures.some(({ error }) => HoldfastError.isInstance(error) && error.retryable),
      failures,
      completed,
    });
    // errors are divided by what the caller does next: this is a partial failure, with the result beside it
    this.name = "PartialFailureError";
    this.result = result;
  }

  override toJSON(): Record<string, unknown> {
    return { ...super.toJSON(), completed: this.completed, failures: this.failures.map(({ resource, error }) => ({ resource, error: errorFacts(error) })), result: this.result };
  }
}

/** Failures that the message names itself. */
const maxNamed = 3;

export function errorFacts(error: Error): ErrorFacts {
  return HoldfastError.isInstance(error)
    ? { name: error.name, message: error.message, code: error.code, retryable: error.retryable }
    : { name: error.name, message: error.message };
}
