/**
 * The local cloud: EC2, EBS direct, S3, STS, IAM, KMS and SNS on this machine, over their own protocols.
 *
 * @module holdfast/local
 */

export { LocalCloud } from "./local-cloud.js";
export type { LocalConnection } from "./local-cloud.js";
export type { LocalCloudLimits, LocalCloudOptions } from "./local-cloud-options.js";
export type { BlockLimits } from "./block-service-limits.js";
export type { BlockTimes } from "./blocks/block-limits.js";
export type { EbsLimits } from "./ebs/ebs-limits.js";
export { LocalVolumes } from "./local-volumes.js";
export type { ImportedImage, LocalVolumeOptions } from "./local-volumes.js";
export { LocalInstances } from "./instances/local-instances.js";
export type { PublishedMessage } from "./sns/topic-store.js";
export { LocalClock } from "./local-clock.js";
export { CallLog } from "./wire/call-log.js";
export type { CallEntry, CallFilter } from "./wire/call-log.js";
export type { JudgedPermission } from "./wire/judged-permission.js";
export { Faults } from "./wire/faults/faults.js";
export type { FaultCount, MetFault } from "./wire/faults/faults.js";
export type { FaultKind, FaultOptions, FaultTarget } from "./wire/faults/fault-options.js";
export type { LaunchFacts, LaunchFaultKind } from "./wire/faults/launch-fault.js";
export type { Denial } from "./wire/authorizer.js";
export type { S3Limits } from "./s3/s3-storage-options.js";
