import type { CloudAccount, Notifier, SnapshotLockRequest, Tags } from "../ports/index.js";
import type { Repository } from "../repository/repository.js";
import type { Retention } from "../retention/retention.js";
import type { RetentionFlag } from "../retention/retention-plan.js";
import type { RetentionOptions } from "../retention/retention-options.js";
import type { ScheduleOptions } from "../schedule/schedule-options.js";
import type { Schedule } from "../schedule/schedule.js";
import type { RunLimits } from "../transfer/run-pace.js";
import type { Workers } from "../workers/index.js";
import type { ComplianceOptions } from "./compliance/compliance-options.js";
import type { Selector } from "./selection/selector.js";
import type { PolicyVerifyOptions } from "./verify/verify-policy-options.js";

/** What is protected, when, to where, and kept how long. */
export interface PolicyOptions {
  /**
   * Up to 100 letters, digits, spaces and `+ - = . _ : / @`. It is in the tags of the policy's snapshots: a policy that is
   * renamed no longer knows them.
   */
  readonly name: string;
  /** Whose instances and volumes these are: an `AwsAccount`. Either this or `accounts`. */
  readonly account?: CloudAccount | undefined;
  /** In place of `account`: several accounts, each by its own role and in its own regions. That one cannot be reached is a failure of that one, and the others are backed up. */
  readonly accounts?: readonly PolicyAccountOptions[] | undefined;
  /** Default: each account's own region. */
  readonly regions?: readonly string[] | undefined;
  readonly include: readonly Selector[];
  /** Wins over `include`. An excluded instance takes its volumes along. */
  readonly exclude?: readonly Selector[] | undefined;
  /** When it runs, once `policy.start()` was called. Without it, on demand alone. */
  readonly schedule?: ScheduleOptions | undefined;
  readonly snapshots?: SnapshotOptions | undefined;
  /** Copies of the snapshots in other regions or accounts. */
  readonly replicas?: readonly ReplicaOptions[] | undefined;
  readonly backup: BackupOptions;
  /** Copies of the less frequent points in another repository. */
  readonly archive?: ArchiveOptions | undefined;
  /** Tries out the newest restore point of each resource, by a schedule of its own. */
  readonly verify?: PolicyVerifyOptions | undefined;
  /** What is called around the snapshots of each resource. */
  readonly hooks?: HookOptions | undefined;
  /** Who moves the data. Default: `WorkerPool.inProcess()`. */
  readonly workers?: Workers | undefined;
  /** How often a failed resource is tried again, if its error says that this may help: 0 to 10. Only what failed of it is done again. Default: 3. */
  readonly retries?: number | undefined;
  /** Who is told how runs end. */
  readonly notify?: readonly NotifyOptions[] | undefined;
  /** Controls that `compliance()` and each run evaluate. */
  readonly compliance?: ComplianceOptions | undefined;
  /** What is worth an alert. */
  readonly alerts?: AlertOptions | undefined;
  /** How long the records of runs are kept in the repository. */
  readonly sessions?: SessionsOptions | undefined;
  /** Resources worked on at the same time: 1 to 64. Default: 8; EC2 allows 100 pending snapshots in an account. */
  readonly parallel?: number | undefined;
}

/** One of the accounts that a policy protects. */
export interface PolicyAccountOptions {
  readonly account: CloudAccount;
  /** Default: the policy's `regions`, or else the account's own region. */
  readonly regions?: readonly string[] | undefined;
}

/** Of what a notifier hears. `partial`: some resources failed, and others did not. `alert`: each beginning and end of an alert. */
export type NotifyOccasion = "succeeded" | "partial" | "failed" | "aborted" | "alert";

/** What is worth an alert, beside what always is. */
export interface AlertOptions {
  /** After so long a run that did not begin counts as missed: 1 to 10,080. Default: 60. */
  readonly missedAfterMinutes?: number | undefined;
  /** The newest point of each resource must not be older: 1 to 87,600. Without it, points of any age are no alert. */
  readonly pointOlderThanHours?: number | undefined;
}

/** Who is told of what. */
export interface NotifyOptions {
  /** A `WebhookNotifier`, an `EmailNotifier`, `account.snsNotifier(...)`, or your own. */
  readonly notifier: Notifier;
  /** Default: alerts alone, which are not repeated while they last. */
  readonly on?: readonly NotifyOccasion[] | undefined;
}

/** What becomes of native snapshots after their backup. */
export interface SnapshotOptions {
  /**
   * Newest snapshots that are kept for each resource: 0 to 1,000. Default: 1. Whatever it says, the snapshots of the newest
   * restore point stay: the next increment is told from them.
   */
  readonly keep?: number | undefined;
  /** Locks the snapshots of each restore point against deletion, by EC2's own lock. One that is needed no more waits for the end of its lock. A lock that cannot be set fails the resource. */
  readonly lock?: SnapshotLockRequest | undefined;
}

/** A copy of each restore point's snapshots, by CopySnapshot. */
export interface ReplicaOptions {
  readonly region: string;
  /** Of the newest points, so many have their replicas kept: 1 to 1,000. */
  readonly keep: number;
  /** Whose replicas these are. Default: the account of the resource itself. The snapshots are shared with it while they are copied; those under the key `aws/ebs` cannot be. */
  readonly account?: CloudAccount | undefined;
  /** Encrypts the replicas by this key of the region. */
  readonly kmsKeyId?: string | undefined;
  /** Beside the engine's own. */
  readonly tags?: Tags | undefined;
  /** Locks the replicas against deletion, once they are completed; as `snapshots.lock` does. */
  readonly lock?: SnapshotLockRequest | undefined;
}

/** How long the records of a policy's runs are kept. */
export interface SessionsOptions {
  /** 1 to 36,500. Default: 365. The newest record stays. */
  readonly keepDays?: number | undefined;
}

/** Where the backups go. */
export interface BackupOptions {
  readonly repository: Repository;
  /** How long its points are kept; carried out after each run. Without it, for ever. */
  readonly retention?: Retention | RetentionOptions | undefined;
  /** What a run may take at most, all its volumes together, beside the account's own caps. Workers on EC2 get a part each, so that their sum stays below. Default: no caps. */
  readonly limits?: RunLimits | undefined;
  /** Unchanged blocks that each increment reads again to catch a wrong changed-block list: 0 to 10,000. Default: 8. */
  readonly auditBlocks?: number | undefined;
}

/** Which points are copied into an archive, and how long they are kept there. */
export interface ArchiveOptions {
  readonly repository: Repository;
  /** Without it, for ever. */
  readonly retention?: Retention | RetentionOptions | undefined;
  /** The flags whose points are copied; the backup's retention must give them. Default: monthly and yearly, as far as it does. */
  readonly flags?: readonly RetentionFlag[] | undefined;
}

/** What a hook is told. */
export interface HookContext {
  readonly policy: string;
  readonly session: string;
  /** `<account>/<region>/<id>`. */
  readonly resource: string;
  readonly kind: "instance" | "volume";
  /** The id in EC2. */
  readonly id: string;
  readonly region: string;
  readonly attempt: number;
  /** Aborts when the hook's time is over, or the run is aborted. */
  readonly signal: AbortSignal;
}

/** Freezes and thaws applications around snapshots: a script through SSM, a database's own command. */
export interface HookOptions {
  /** Before the snapshots of a resource are taken. */
  readonly before?: ((context: HookContext) => Promise<void> | void) | undefined;
  /** Once they are begun, or could not be: always where `before` was called, whether or not that succeeded. */
  readonly after?: ((context: HookContext) => Promise<void> | void) | undefined;
  /** For each hook: 1 to 86,400. Default: 60. */
  readonly timeoutSeconds?: number | undefined;
  /** `"fail"`, the default: the resource fails (without a snapshot, where `before` did). `"continue"`: it goes on, crash-consistent, with a warning. */
  readonly onFailure?: "fail" | "continue" | undefined;
}

/** A replica's options with what is taken where nothing is said. */
export interface ResolvedReplica {
  readonly region: string;
  readonly keep: number;
  /** Undefined: each resource's own account. */
  readonly account: CloudAccount | undefined;
  readonly kmsKeyId: string | undefined;
  readonly tags: Tags;
  readonly lock: SnapshotLockRequest | undefined;
}

/** An account that a policy protects, with its regions. */
export interface ResolvedAccount {
  readonly account: CloudAccount;
  readonly regions: readonly string[];
}

export interface ResolvedPolicyOptions {
  readonly name: string;
  readonly accounts: readonly ResolvedAccount[];
  /** Whether they were given as `accounts`, and not as the one `account`. */
  readonly hasAccountList: boolean;
  /** The regions of all accounts. */
  readonly regions: readonly string[];
  /** The first account's own region, for what has no place otherwise. */
  readonly homeRegion: string;
  readonly include: readonly Selector[];
  readonly exclude: readonly Selector[];
  readonly schedule: Schedule | undefined;
  readonly keepSnapshots: number;
  readonly lockSnapshots: SnapshotLockRequest | undefined;
  readonly replicas: readonly ResolvedReplica[];
  readonly repository: Repository;
  readonly retention: Retention | undefined;
  readonly archive: { readonly repository: Repository; readonly retention: Retention | undefined; readonly flags: ReadonlySet<RetentionFlag> } | undefined;
  readonly verify: { readonly options: PolicyVerifyOptions; readonly schedule: Schedule | undefined } | undefined;
  readonly hooks: Pick<HookOptions, "before" | "after"> & { readonly timeoutMs: number; readonly onFailure: "fail" | "continue" };
  readonly limits: RunLimits | undefined;
  readonly auditBlocks: number | undefined;
  readonly workers: Workers;
  readonly retries: number;
  readonly parallel: number;
  readonly keepSessionDays: number;
  readonly compliance: ComplianceOptions | undefined;
  readonly alerts: { readonly missedAfterMs: number; readonly maxPointAgeMs: number | undefined };
  readonly notify: readonly { readonly notifier: Notifier; readonly on: ReadonlySet<NotifyOccasion> }[];
}
