import type { Alert } from "../alerts/alert.js";
import type { VolumeBackupResult } from "../mover/index.js";
import type { EventOf, Progress } from "../session/index.js";
import type { ComplianceFinding } from "./compliance/compliance-report.js";
import type { ErrorFacts, LockedSnapshot, ReplicaResult, ResourceResult, WaitingSnapshot } from "./session-result.js";

/** What happens in one run of a policy, and when it is said. Resources are named `<account>/<region>/<id>`. */
export interface PolicyEvents {
  /** First of all. `done`: of a run that goes on, what is left out, for it was done before its window closed. */
  "session:started": { readonly session: string; readonly policy: string; readonly done?: readonly string[] | undefined };
  /** Once it is known what will be backed up. */
  "selection:resolved": { readonly resources: readonly string[] };
  /** In place of `selection:resolved`, when nothing is selected. The run succeeds: nothing was to be done. */
  "selection:empty": { readonly policy: string };
  /** For each resource that was selected and is left out all the same. */
  "resource:skipped": { readonly resource: string; readonly reason: string };
  /** When a resource's turn comes, at each attempt. */
  "resource:started": { readonly resource: string; readonly attempt: number };
  /** When the snapshots of all volumes of a resource have been begun. */
  "snapshot:started": { readonly resource: string; readonly snapshots: readonly { readonly snapshotId: string; readonly volumeId: string }[] };
  /** When a snapshot can be read. */
  "snapshot:completed": { readonly resource: string; readonly volumeId: string; readonly snapshotId: string };
  /** When a volume is about to be read, and it is known how. */
  "volume:started": { readonly resource: string; readonly volumeId: string; readonly snapshotId: string; readonly method: "full" | "incremental"; readonly fullReason?: string | undefined };
  /** A few times a second while a volume is read. */
  "volume:progress": { readonly resource: string; readonly volumeId: string } & Progress;
  /** When all of a volume is stored. It is restorable once its point is committed. */
  "volume:completed": { readonly resource: string } & VolumeBackupResult;
  /** When the restore point exists. */
  "point:committed": { readonly resource: string; readonly point: string };
  /** When a snapshot was removed: by retention, or because a run that failed left it. */
  "snapshot:removed": { readonly resource: string; readonly snapshotId: string; readonly reason: string };
  /** When a snapshot should be removed and could not: the next run tries again. */
  "snapshot:left": { readonly resource: string; readonly snapshotId: string; readonly error: ErrorFacts };
  /** When a snapshot or replica is locked against deletion. */
  "snapshot:locked": { readonly resource: string } & LockedSnapshot;
  /** When one could not be locked in this attempt: the resource fails. */
  "lock:failed": { readonly resource: string; readonly region: string; readonly snapshotId: string; readonly error: ErrorFacts };
  /** When a snapshot or replica is needed no more and is locked still: a later run removes it. */
  "snapshot:waiting": { readonly resource: string } & WaitingSnapshot;
  /** When a hook failed or took too long. */
  "hook:failed": { readonly resource: string; readonly hook: "before" | "after"; readonly error: ErrorFacts; readonly willContinue: boolean };
  /** When the copies of a restore point's snapshots are begun. */
  "replica:started": { readonly resource: string; readonly region: string; readonly accountId: string };
  /** When they can be used. */
  "replica:completed": { readonly resource: string } & ReplicaResult;
  /** When a replica that an earlier run missed (`ofSession`, which was killed or could not make it) is made up for, and can be used. */
  "replica:caught-up": { readonly resource: string; readonly point: string; readonly ofSession: string } & ReplicaResult;
  /** When a replica could not be made in this attempt. */
  "replica:failed": { readonly resource: string; readonly region: string; readonly error: ErrorFacts };
  /** When a restore point is in the archive: `copy` is its id there. */
  "point:archived": { readonly resource: string; readonly point: string; readonly copy: string; readonly repository: string };
  /** When something could not be archived in this attempt. */
  "archive:failed": { readonly resource: string; readonly error: ErrorFacts };
  /** When retention removed a point. */
  "point:removed": { readonly resource: string; readonly point: string; readonly repository: string; readonly reason: string };
  /** When retention should remove a point and could not: the next run tries again. */
  "point:left": { readonly resource: string; readonly point: string; readonly repository: string; readonly error: ErrorFacts };
  /** When retention is done with a resource: `summary` says also why nothing was removed. */
  "retention:completed": { readonly resource: string; readonly repository: string; readonly summary: string };
  /** When the points could not be looked at: the next run tries again. */
  "retention:failed": { readonly resource: string; readonly repository: string; readonly error: ErrorFacts };
  /** When a resource is done, its snapshots cleaned up. */
  "resource:completed": { readonly resource: string; readonly point: string };
  /** When an attempt at a resource failed; attempt 0 for what is named and is not there, or cannot be asked for. */
  "resource:failed": { readonly resource: string; readonly attempt: number; readonly error: ErrorFacts; readonly willRetry: boolean };
  /** When something is wrong that was not before. After `session:ended`, as those that follow. */
  "alert:raised": { readonly alert: Alert };
  /** When it is over. */
  "alert:resolved": { readonly alert: Alert };
  /** Where controls are named, after a run: how many of them are met. */
  "compliance:evaluated": { readonly isCompliant: boolean; readonly met: number; readonly broken: number };
  /** For each control that is not met. */
  "compliance:broken": { readonly finding: ComplianceFinding };
  /** When the alerts could not be looked at: the next run or check does. */
  "alert:unchecked": { readonly error: ErrorFacts };
  /** When somebody was told how the session ended, or of an alert. */
  "notification:sent": { readonly destination: string; readonly subject: string };
  /** When somebody could not be told: the run is not undone by that. */
  "notification:failed": { readonly destination: string; readonly subject: string; readonly error: ErrorFacts };
  /** When the session's record could not be written: the run is not undone by that. */
  "session:unrecorded": { readonly error: ErrorFacts };
  /** Last but for alerts, notifications and `session:unrecorded`, unless the run is aborted or ends before anything can be selected. */
  "session:ended": { readonly succeeded: number; readonly failed: number; readonly skipped: number; readonly resources: readonly ResourceResult[] };
}

/** One event of a policy's run, told apart by `type`. */
export type PolicyEvent = EventOf<PolicyEvents>;
