import type { InstanceAccount, InstanceNow } from "../../ports/index.js";
import type { Repository } from "../../repository/repository.js";
import type { RestorePoint } from "../../repository/points/restore-point.js";
import type { InstanceRestoreOptions } from "../instance/instance-options.js";
import type { InstanceRestorePlan } from "../instance/instance-plan.js";
import type { InstanceRestored } from "../instance/restore-instance.js";

/** What a check is asked about. */
export interface RecoveryCheckContext {
  readonly step: string;
  readonly instance: InstanceNow;
  readonly parameters: Readonly<Record<string, string | number | boolean>>;
  readonly signal: AbortSignal;
}

/** Says whether something is so by now; it is asked again until it is, or the time is over. */
export type RecoveryCheck = (context: RecoveryCheckContext) => boolean | Promise<boolean>;

/** What restores instances: a `Restore`. */
export interface RecoveryRestore {
  /** Restores an instance, or goes on with a restore of the same id. */
  instance(point: RestorePoint, options: InstanceRestoreOptions): PromiseLike<Pick<InstanceRestored, "instanceId">>;
  /** What that would do. */
  planInstance(point: RestorePoint, options: InstanceRestoreOptions): Promise<InstanceRestorePlan>;
}

/** With what a recovery plan works. */
export interface RecoveryPlanOptions {
  readonly restore: RecoveryRestore;
  readonly repository: Repository;
  /** The account of `restore`, into which instances come. */
  readonly account: InstanceAccount;
  /** The checks that `wait` names. */
  readonly checks?: Readonly<Record<string, RecoveryCheck>> | undefined;
}

/** Where a recovery plan is carried out. */
export interface RecoveryPlace {
  readonly region: string;
  readonly signal?: AbortSignal | undefined;
}

/** How a recovery plan is carried out. */
export interface RecoveryRunOptions extends RecoveryPlace {
  /** The record of a run that was cut short, which is gone on with. */
  readonly record?: RecoveryRecord | undefined;
  /** Says that the process whose record it is is dead: each of its restores is taken over at once, as `takeOver` of {@link Restore.instance} does. Needs `record`. Default: false. */
  readonly takeOver?: boolean | undefined;
  /** Keeps the record, before the first step and after each change: whoever has it can go on. Its failure ends the run. */
  readonly onRecord?: ((record: RecoveryRecord) => void | Promise<void>) | undefined;
}

/** How far a step is. JSON. */
export interface RecoveryStepRecord {
  readonly name: string;
  readonly point: string;
  /** The id of its restore: `restore.undoInstance` takes it. */
  readonly restoreId: string;
  readonly state: "waiting" | "started" | "restored" | "ready" | "failed" | "skipped";
  readonly instanceId?: string | undefined;
  readonly error?: string | undefined;
}

/** How far a run is: all that is needed to go on. JSON. */
export interface RecoveryRecord {
  readonly version: 1;
  readonly id: string;
  readonly plan: string;
  readonly accountId: string;
  readonly region: string;
  readonly steps: readonly RecoveryStepRecord[];
}

/** What a run would do. JSON. */
export interface RecoveryDryRun {
  readonly plan: string;
  readonly accountId: string;
  readonly region: string;
  /** In an order in which they can be carried out; those that wait for nothing unfinished go together. */
  readonly steps: readonly { readonly name: string; readonly after: readonly string[]; readonly restore: InstanceRestorePlan }[];
  /** Whether no step has a finding that is an error. */
  readonly isPossible: boolean;
  /** Whether cost and time are at most these: of volumes that are written over, the restore alone finds out what differs. */
  readonly isAtMost: boolean;
  readonly restoreCost: number;
  /** Along the longest way from the first step to the last. */
  readonly seconds: number;
}

/** What happens in a run, and when it is said. */
export interface RecoveryEvents {
  /** First of all, and when a run is gone on with. */
  "recovery:started": { readonly id: string; readonly plan: string };
  /** When everything before the step is ready. */
  "step:started": { readonly step: string; readonly point: string; readonly restoreId: string };
  /** When its instance is restored. */
  "step:restored": { readonly step: string; readonly instanceId: string };
  /** When all that it waits for is so. */
  "step:ready": { readonly step: string; readonly instanceId: string };
  /** When it cannot go on. */
  "step:failed": { readonly step: string; readonly message: string };
  /** When a step before it has failed. */
  "step:skipped": { readonly step: string; readonly because: string };
  /** Last of all, after a success. */
  "recovery:ended": { readonly id: string };
}
