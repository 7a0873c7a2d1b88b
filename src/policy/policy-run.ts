import type { EngineEnvironment, RunningSession } from "../session/index.js";
import type { RunRequests } from "./count-requests.js";
import type { PolicyEvent } from "./policy-events.js";
import type { ResolvedPolicyOptions } from "./policy-options.js";
import type { RunOptions } from "./run-options.js";
import type { Exclusions } from "./selection/exclusions.js";
import type { ReachedAccounts } from "./selection/reach-accounts.js";
import type { EarlierPoint } from "./snapshots/earlier-point.js";
import type { ReplicaSource } from "./replicas/replica-source.js";
import type { OwedLock } from "./snapshots/owed-locks.js";
import type { RunPace } from "../transfer/run-pace.js";
import type { VolumeBackupResult } from "../mover/index.js";
import type { CaughtUpReplica, LockedSnapshot, ReplicaResult, ResourceResult, SessionWarning, WaitingSnapshot } from "./session-result.js";

/** The restore point that was made of a resource, and the snapshots that it is of. */
export interface MadePoint {
  readonly point: string;
  readonly volumes: readonly VolumeBackupResult[];
  readonly source: ReplicaSource;
}

/** What everything in one run of a policy shares. */
export interface PolicyRun extends EngineEnvironment {
  readonly options: ResolvedPolicyOptions;
  readonly run: RunOptions & {
    readonly signal: AbortSignal;
    /** Resources that are left out, for an earlier part of this run did them. */
    readonly done: ReadonlySet<string>;
  };
  readonly session: RunningSession<PolicyEvent>;
  /** The policy's accounts, as they could be reached at its beginning. */
  readonly accounts: ReachedAccounts;
  /** What was asked for so far, with what these resources' workers say. */
  readonly requests: (resources: readonly ResourceResult[]) => ReturnType<RunRequests>;
  readonly exclusions: Exclusions;
  /** What all volumes that move in this process may take together. */
  readonly pace: RunPace | undefined;
}

/** What goes from one attempt at a resource to the next. */
export interface ResourceAttempts {
  /** What is to be looked at beside the outcome. */
  readonly warnings: SessionWarning[];
  /** Snapshots of volumes whose record was written: their next increment is told from there, whether or not the point came to be. */
  readonly bases: Set<string>;
  /** Once the restore point is committed: a retry goes on behind it. */
  made?: MadePoint | undefined;
  /** The replicas that are done, by their place in the options. */
  readonly replicas: Map<number, ReplicaResult>;
  /** The earlier point whose replica is missing, by the replica's place in the options: until it is made up for. */
  readonly missedReplicas: Map<number, EarlierPoint>;
  readonly caughtUp: CaughtUpReplica[];
  /** The locks that are set, by the snapshot's id. */
  readonly locks: Map<string, LockedSnapshot>;
  /** Locks that earlier points' snapshots and replicas were to have and have not. */
  readonly owedLocks: OwedLock[];
  /** Snapshots and replicas that are needed no more and are locked, by their id. */
  readonly waiting: Map<string, WaitingSnapshot>;
  /** Copies in the archive. */
  readonly archived: string[];
  isArchived: boolean;
  /** Points that retention removed. */
  readonly removed: string[];
  isRetained: boolean;
}
