/**
 * The engine: accounts, policies, repositories, restores, workers.
 *
 * @module holdfast
 */

// Errors: divided by what the caller does next.
export {
  HoldfastError,
  ConfigurationError,
  NotFoundError,
  ConflictError,
  IntegrityError,
  ProviderError,
  PartialFailureError,
  IllegalStateError,
  type ErrorContext,
  type HoldfastErrorOptions,
  type PartialFailure,
  type PartialFailureErrorOptions,
  type ProviderErrorOptions,
} from "./errors/index.js";

// An account: the doors to EC2, EBS direct and S3.
export { AwsAccount } from "./adapters/aws/aws-account.js";
export type { AwsAccountOptions, AwsEnvironmentOptions } from "./adapters/aws/aws-account-options.js";
export type { AwsProxy } from "./adapters/aws/aws-proxy.js";
export type { InjectedAwsClients } from "./adapters/aws/clients/aws-clients.js";
export type { InjectedClient } from "./adapters/aws/clients/service-clients.js";
export type { InjectedSnsClient } from "./adapters/aws/sns/injected-sns-client.js";
export type { InjectedKmsClient } from "./adapters/aws/kms/injected-kms-client.js";
export type { AssumeRoleOptions } from "./adapters/aws/credentials/assume-role-options.js";
export type { AwsCredentials, AwsCredentialsSource } from "./adapters/aws/credentials/aws-credentials.js";
export type { AwsCallCount } from "./adapters/aws/call-counts.js";
export type { AwsLimits } from "./adapters/aws/limits/aws-limits.js";

// Policies: what is backed up, and a run of it.
export { Policy } from "./policy/policy.js";
export { SessionFailureError } from "./policy/session-result.js";
export type { CaughtUpReplica, ErrorFacts, ReplicaResult, ResourceResult, SessionResult, LockedSnapshot, WaitingSnapshot, SessionWarning } from "./policy/session-result.js";
export type { PlannedResource, PolicyPlan } from "./policy/plan-policy.js";
export type { EstimateAssumptions, EstimateOptions } from "./policy/estimate/estimate-options.js";
export type { CostItem, CostLine, EstimateAssumption, EstimatedMonth, PastRunCost, PolicyEstimate } from "./policy/estimate/policy-estimate.js";
export type { PolicyEvent, PolicyEvents } from "./policy/policy-events.js";
export type { CoverageOptions, EvaluationOptions, RunOptions } from "./policy/run-options.js";
export type { StartOptions, StopOptions } from "./policy/start-options.js";
export type { RetentionResult } from "./policy/retain-points.js";
export type { Alert, AlertCondition } from "./alerts/alert.js";
export type { AlertReport } from "./policy/tell-alerts.js";
export { sessionReport } from "./policy/reports/session-report.js";
export type { ComplianceOptions } from "./policy/compliance/compliance-options.js";
export type { ComplianceControl, ComplianceFinding, ComplianceReport } from "./policy/compliance/compliance-report.js";
export type { AgedSnapshot, SnapshotRetention } from "./policy/snapshots/age-snapshots.js";
export type { OrphanedPoints, UnprotectedResource } from "./policy/coverage.js";
export type { PolicyChange, PolicyDiff } from "./policy/diff-policies.js";
export type { PolicyDocument, PolicyReferences } from "./policy/policy-document.js";
export { policyJsonSchema } from "./policy/policy-document-schema.js";
export type { AlertOptions, ArchiveOptions, BackupOptions, HookContext, HookOptions, NotifyOccasion, NotifyOptions, PolicyAccountOptions, PolicyOptions, ReplicaOptions, SessionsOptions, SnapshotOptions } from "./policy/policy-options.js";
export type { Selector } from "./policy/selection/selector.js";
export type { PolicyBootOptions, PolicyVerifyOptions } from "./policy/verify/verify-policy-options.js";
export type { PolicyVerification, PolicyVerifyEvent, PolicyVerifyEvents } from "./policy/verify/verify-policy.js";
export type { DailySchedule, MonthlySchedule, ScheduleOptions, ScheduleWindow, WeeklySchedule, YearlySchedule } from "./schedule/schedule-options.js";
export type { ScheduledRun } from "./schedule/schedule.js";
export type { ScheduleTier } from "./schedule/occurrences.js";

// Raw disk images: disks that are no EBS volumes.
export { ImageBackup } from "./composition/image-backup.js";
export type { ImageBackupEnvironment } from "./image/image-backup.js";
export type { ImageBackupEvent, ImageBackupEvents } from "./image/image-backup-events.js";
export type { ImageBackupOptions, ImageRunOptions, ImageWorkers, ToldChanges } from "./image/image-backup-options.js";
export type { ImageSources, OpenImage, OpenImageOptions } from "./image/image-sources.js";
export type { ImageBackupResult } from "./image/run-image-backup.js";

// What is kept, how long and why.
export { Retention } from "./retention/retention.js";
export type { DailyRetention, MonthlyRetention, RetentionAge, RetentionOptions, WeeklyRetention, YearlyRetention } from "./retention/retention-options.js";
export type { RetentionDecision, RetentionFlag, RetentionPlan, RetentionPoint, RetentionReason } from "./retention/retention-plan.js";
export type { MonthDay, WeekdayOrdinal } from "./calendar/month-day.js";
export type { Weekday } from "./calendar/weekday.js";

// Restores: volumes, images, block devices and files from a restore point.
export { Restore } from "./composition/restore.js";
export { BlockDevice } from "./restore/device/block-device.js";
export type { BlockDeviceOptions } from "./restore/device/device-options.js";
export { RestoreFiles, type RestoreFilesOptions } from "./restore/files/restore-files.js";
export { FileSystem, type FileSystemFacts, type SearchOptions } from "./restore/files/file-system.js";
export type { FileVersion, FoundFile, SearchPointsOptions } from "./restore/files/search-points.js";
export type { FileEntry, FileKind } from "./restore/files/file-entry.js";
export type { FileDifference } from "./restore/files/compare-files.js";
export type { FileRange } from "./restore/files/file-system-reader.js";
export type { FilesSaved } from "./restore/files/save-folder.js";
export type { SavedWithout } from "./restore/files/saved-without.js";
export type { FileSystemType } from "./restore/files/disk/file-system-type.js";
export type { ImageFileRequest, ImageFiles } from "./restore/image-files.js";
export type { ImageRestored } from "./restore/restore-to-image.js";
export type { RestoreEnvironment } from "./restore/restore.js";
export type { RestoreEvent, RestoreEvents } from "./restore/restore-events.js";
export type { ImageRestoreOptions, RestoreOptions } from "./restore/restore-options.js";
export type { SnapshotRestoreOptions, SnapshotSettings, VolumeRestoreOptions, VolumeSettings } from "./restore/volume-restore-options.js";
export type { ImageRestorePlan, OpeningPlan, PlannedParent, PlannedSnapshot, PlannedVolume, RestorePlanSource, SnapshotRestorePlan, VolumeRestorePlan } from "./restore/restore-plan.js";
export type { DifferenceMethod } from "./restore/delta/find-difference.js";
export type { SnapshotMethod } from "./restore/delta/snapshot-written.js";
export type { SnapshotRestored } from "./restore/restore-to-snapshot.js";
export type { VolumeRestored } from "./restore/restore-to-volume.js";
export type { ReplaceVolumeOptions } from "./restore/replace/replace-options.js";
export type { VolumeReplaced } from "./restore/replace/replace-volume.js";
export type { PlannedReplacement, ReplaceVolumePlan } from "./restore/replace/replace-plan.js";
export type { KnownWrites, PlannedWrites } from "./restore/plan/planned-writes.js";
export type { InstanceRestoreOptions, NewInstanceOptions, UndoInstanceOptions } from "./restore/instance/instance-options.js";
export type { QuotaNeed } from "./restore/plan/quotas.js";
export type { VolumeNeeds } from "./restore/plan/volume-needs.js";
export type { RestoreEstimate } from "./restore/plan/restore-estimate.js";
export type { RestoreFinding } from "./restore/plan/restore-finding.js";
export type { InstanceRestorePlan, PlannedInstance, PlannedInstanceVolume, PlannedSwap } from "./restore/instance/instance-plan.js";
export type { InstanceRestored } from "./restore/instance/restore-instance.js";
export { RecoveryPlan } from "./restore/recovery/recovery-plan.js";
export { recoveryPlanJsonSchema, type RecoveryPlanDocument, type RecoveryStep, type RecoveryTarget, type RecoveryWait } from "./restore/recovery/recovery-document.js";
export type { RecoveryCheck, RecoveryCheckContext, RecoveryDryRun, RecoveryEvents, RecoveryPlace, RecoveryPlanOptions, RecoveryRecord, RecoveryRestore, RecoveryRunOptions, RecoveryStepRecord } from "./restore/recovery/recovery-options.js";
export type { RestoreUndone } from "./restore/undo/carry-out-undo.js";
export type { MadeByRestore, RestoreUndoPlan } from "./restore/undo/plan-undo.js";
export type { PlanUndoOptions, UndoOptions } from "./restore/undo/undo-options.js";
export type { InstanceUndone } from "./restore/instance/undo-instance.js";
export type { OpeningPlanOptions } from "./restore/device/device-options.js";
export type { RestoreThawEvent, RestoreThawEvents, RestoreThawOptions, RestoreThawPlan } from "./restore/thaw/thaw-first.js";
export type { BootOptions, ExpectedFile, VerifyRestoreOptions } from "./restore/verify/verify-options.js";
export type { VerifyRestoreEvent, VerifyRestoreEvents } from "./restore/verify/verify-events.js";
export type { FileSystemCheckLevel, RestoreVerification, VerifiedBoot, VerifiedFile, VerifiedFileSystem, VerifiedVolume } from "./repository/verified/restore-verification.js";

// What a long call gives: a promise with events.
export { Session } from "./session/index.js";
export type { EngineEnvironment, EventOf, Progress, RecordedError, SessionEvent } from "./session/index.js";

// Who moves the data.
export { WorkerPool } from "./composition/worker-pool.js";
export type { BackupContext, ConfigurationPlace, InProcessOptions, InProcessWorkers, MoverBundle, NotedRestore, RegionalLabels, RestoreNote, WorkerNetwork, WorkerPoolEnvironment, WorkerPoolOptions, WorkLabels, WorkMachine, Workers } from "./workers/index.js";
export type { ControlPace } from "./mover/protocol/pace.js";
export type { ProfileOptions, ProfileTypes } from "./workers/profiles/profile-options.js";
export type { ReapedResource, ReapFinding, ReapOptions, ReapReport } from "./workers/reap/reap-report.js";
export type { PreflightFinding } from "./workers/network/finding.js";
export type { PreflightOptions } from "./workers/network/preflight.js";
export type { NetworkOptions, NetworkPlan, NetworkStep } from "./workers/network/network-plan.js";
export { iamPolicies, type IamPolicies } from "./workers/roles/iam-policies.js";
export type { IamFeatures, IamPoliciesOptions, IamRepository } from "./workers/roles/iam-options.js";
export type { TemporaryRoleOptions } from "./workers/roles/temporary-role-options.js";
export type { IamRole, RoleKind } from "./workers/roles/iam-role.js";
export type { IamPolicyDocument, IamPolicyStatement, IamTrustDocument } from "./workers/roles/policy-document.js";
export type { CloudFormationTemplate } from "./workers/roles/cloud-formation.js";
export { checkPermissions, type MissingRolePermission } from "./workers/roles/check-permissions.js";
export type { BlockCounts, RemoteVolumeRestore, ReaderBackupContext, ReaderBackupResult, ReaderBackupTask, VolumeBackupContext, VolumeBackupResult, VolumeBackupTask, VolumeRestoreContext, VolumeRestoreResult, WorkerUse } from "./mover/index.js";

export type { BackupMethod } from "./transfer/backup-volume.js";
export type { RunLimits } from "./transfer/run-pace.js";

// Repositories and what is in them.
export { Repository, type RepairOptions } from "./repository/repository.js";
export type { RepairLoss, RepairReport, RepairStep } from "./repository/repair/repair-options.js";
export type { CreateRepositoryOptions, RepositoryEnvironment, RepositoryOptions } from "./repository/repository-options.js";
export type { ImmutabilityOptions } from "./repository/immutability/immutability-options.js";
export type { ImmutabilityRules } from "./repository/format/immutability-rules.js";
export type { RecoverStep } from "./repository/immutability/recover-plan.js";
export type { LostObject, RecoverOptions, RecoverReport } from "./repository/immutability/recover-report.js";
export type { SweepOptions, SweepReport } from "./repository/collect/sweep-report.js";
export type { VerifyLocksReport } from "./repository/immutability/verify-locks-report.js";
export type { PackOptions } from "./repository/pack/pack-options.js";
export type { SignalOptions } from "./repository/repository-context.js";
export type { CompactOptions } from "./repository/compact/compact-options.js";
export type { CompactReport } from "./repository/compact/compact-report.js";
export type { CollectOptions } from "./repository/collect/collect-options.js";
export type { CollectReport, KeptReason } from "./repository/collect/collect-report.js";
export type { PackAmount } from "./repository/pack/pack-amount.js";
export type { ReaderSession } from "./repository/leases/reader-session.js";
export type { RemovePointOptions } from "./repository/points/remove-point.js";
export type { RetainOptions, RetainReport } from "./repository/points/retain.js";
export type { ListSessionsOptions } from "./repository/history/list-sessions.js";
export type { SessionKind, SessionRecord, SessionState } from "./repository/history/session-record.js";
export type { ListRestorePointsOptions } from "./repository/points/list-restore-points.js";
export type { GroupMetadata } from "./repository/format/group.js";
export type { PointDescription } from "./repository/writer/point-writer.js";
export type { IndexOptions } from "./repository/index/index-options.js";
export { RepositoryIndex } from "./repository/index/repository-index.js";
export type { IndexStatistics } from "./repository/index/dedup-index.js";
export type { MergeIndexOptions, MergeIndexReport } from "./repository/index/merge-index.js";
export type { RebuildIndexOptions, RebuildIndexReport } from "./repository/index/rebuild-index.js";
export type { PackId } from "./repository/format/object-names.js";
export { RepositoryKeys } from "./repository/slots/repository-keys.js";
export type { AddedRecoveryKey, AddKeyOptions } from "./repository/slots/repository-keys.js";
export type { KeySlotDescription } from "./repository/slots/slot-description.js";
export type { KeySlotKind } from "./repository/keys/key-source.js";
export type { KeyRole } from "./repository/keys/key-role.js";
export type { EncryptionOptions, KmsEncryptionOptions } from "./repository/slots/encryption-options.js";
export type { RestorePoint, RestorePointVolume } from "./repository/points/restore-point.js";
export type { VerifyBlockRange, VerifyBudget, VerifyFinding, VerifyLevel, VerifyObjectKind, VerifyOptions, VerifyProgress, VerifyReport } from "./repository/verify/verify-options.js";

// Copies into other repositories, archives, numbers and their cost.
export type { CopyEvent, CopyEvents } from "./repository/copy/copy-events.js";
export type { CopyOptions } from "./repository/copy/copy-options.js";
export type { RepositoryWorkers } from "./repository/workers/repository-workers.js";
export type { CopySource } from "./repository/copy/copy-points.js";
export type { CopiedAmount, CopiedBlocks, CopiedPoint, CopiedVolume, CopyResult } from "./repository/copy/copy-result.js";
export type { PackState } from "./repository/archive/point-packs.js";
export type { ThawPlan, ThawTierPlan } from "./repository/archive/plan-thaw.js";
export type { ThawEvent, ThawEvents, ThawResult } from "./repository/archive/thaw-events.js";
export type { PlanThawOptions, ThawPointOptions } from "./repository/archive/thaw-options.js";
export { minimumStorageUntil, type ThawTier } from "./prices/storage-classes.js";
export { awsListPrices, type AwsPrices } from "./prices/aws-prices.js";
export type { RequestCounts } from "./repository/requests/request-counts.js";
export { usEast1Prices, type S3Prices, type StorageClassPrices, type StoredAmount, type ThawPrice } from "./prices/s3-prices.js";
export type { StatisticsOptions } from "./repository/statistics/statistics-options.js";
export type { GrowthStatistics, PointStatistics, RepositoryStatistics, ResourceStatistics, StoredStatistics, WholeStatistics } from "./repository/statistics/repository-statistics.js";

// Where a repository lies.
export { directoryStorage } from "./adapters/directory/directory-storage.js";
export { s3Storage } from "./adapters/aws/s3/s3-storage.js";
export type { S3StorageClass, S3StorageOptions } from "./adapters/aws/s3/s3-storage-options.js";

// Who is told.
export { EmailNotifier } from "./adapters/smtp/email-notifier.js";
export type { EmailNotifierOptions } from "./adapters/smtp/email-options.js";
export { WebhookNotifier } from "./adapters/webhook/webhook-notifier.js";
export type { WebhookNotifierOptions } from "./adapters/webhook/webhook-options.js";
export type { SnsNotifierOptions } from "./adapters/aws/sns/sns-notifier.js";

// Around any store.
export { RetryingObjectStore, type RetryingObjectStoreOptions } from "./adapters/decorators/retrying-object-store.js";
export { ThrottledObjectStore, type ThrottledObjectStoreOptions } from "./adapters/decorators/throttled-object-store.js";

// Ports: what an embedder may implement.
export type {
  AccountRole,
  BlockChange,
  BlockData,
  BlockReader,
  BlockReference,
  BlockWriter,
  CallOptions,
  CapturedInstance,
  CapturedInterface,
  Clock,
  CloudAccount,
  Compute,
  CopySnapshotRequest,
  CreateVolumeRequest,
  ElasticAddress,
  EncryptionContext,
  FoundWorkerRole,
  GetOptions,
  HttpsRule,
  ImageNow,
  InstanceAccount,
  InstanceCompute,
  InstanceDescription,
  InstanceNow,
  KeyProvider,
  LaunchInstanceRequest,
  LaunchInterface,
  LaunchVolume,
  LaunchWorkerRequest,
  Logger,
  MissingPermission,
  NetworkEndpoint,
  NetworkPart,
  NetworkPartRequest,
  NetworkRoute,
  NetworkSecurityGroup,
  Notification,
  Notifier,
  ObjectArchive,
  ObjectContent,
  ObjectInfo,
  ObjectLock,
  ObjectPlace,
  ObjectStorage,
  ObjectStore,
  ObjectVersion,
  ObjectVersions,
  PermissionCheck,
  PermissionQuestion,
  PutOptions,
  RemoveWorkerRoleRequest,
  RequestCount,
  RequestCounter,
  Random,
  RegisterImageRequest,
  SnapshotDescription,
  SnapshotReaderRequest,
  SnapshotWriterRequest,
  TaggedResource,
  Tags,
  ThawOptions,
  ThawOutcome,
  Traffic,
  UnwrapKeyRequest,
  SnapshotLock,
  SnapshotLockRequest,
  VolumeDescription,
  WorkerAccount,
  WorkerArchitecture,
  WorkerCompute,
  WorkerImage,
  WorkerInstance,
  WorkerNetworkFacts,
  WorkerMarket,
  WorkerNetworks,
  WorkerQuotas,
  WorkerRoleRequest,
  WorkerRoles,
  WorkerSubnet,
  WrapKeyRequest,
  WrappedKey,
} from "./ports/index.js";
