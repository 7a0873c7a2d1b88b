export { blockSizeBytes, maxBlocks, zeroBlockSha256 } from "./block.js";
export type { BlockChange, BlockData, BlockReader, BlockReference, Traffic } from "./block-reader.js";
export type { BlockWriter } from "./block-writer.js";
export type { AccountRole, CloudAccount, SnapshotReaderRequest, SnapshotWriterRequest } from "./cloud-account.js";
export type { Clock } from "./clock.js";
export type { CallOptions, Compute, CopySnapshotRequest, CreateVolumeRequest, InstanceDescription, SnapshotDescription, SnapshotLock, SnapshotLockRequest, Tags, VolumeDescription } from "./compute.js";
export type { EncryptionContext, KeyProvider, UnwrapKeyRequest, WrapKeyRequest, WrappedKey } from "./key-provider.js";
export type { Logger } from "./logger.js";
export type { Notification, Notifier } from "./notifier.js";
export type { ObjectPlace, ObjectStorage } from "./object-storage.js";
export { maxDeletedNames } from "./object-store.js";
export type { GetOptions, ObjectArchive, ObjectContent, ObjectInfo, ObjectStore, PutOptions, ThawOptions, ThawOutcome } from "./object-store.js";
export type { RequestCount, RequestCounter } from "./request-counter.js";
export type { ObjectLock } from "./object-lock.js";
export type { ObjectVersion, ObjectVersions } from "./object-versions.js";
export type { Random } from "./random.js";
export type { WorkerAccount } from "./worker-account.js";
export type { LaunchWorkerRequest, TaggedResource, WorkerArchitecture, WorkerCompute, WorkerImage, WorkerInstance, WorkerSubnet } from "./worker-compute.js";
export type { WorkerMarket, WorkerQuotas } from "./worker-quotas.js";
export type { FoundWorkerRole, RemoveWorkerRoleRequest, WorkerRoleRequest, WorkerRoles } from "./worker-roles.js";
export type { HttpsRule, NetworkEndpoint, NetworkPart, NetworkPartRequest, NetworkRoute, NetworkSecurityGroup, WorkerNetworkFacts, WorkerNetworks } from "./worker-network.js";
export type { MissingPermission, PermissionCheck, PermissionQuestion } from "./permission-check.js";
export type {
  CapturedInstance,
  CapturedInterface,
  ElasticAddress,
  ImageNow,
  InstanceAccount,
  InstanceCompute,
  InstanceNow,
  LaunchInstanceRequest,
  LaunchInterface,
  LaunchVolume,
  RegisterImageRequest,
} from "./instance-compute.js";
