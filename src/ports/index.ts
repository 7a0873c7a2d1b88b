export { blockSizeBytes, maxBlocks, zeroBlockSha256 } from "./block.js";
export type { BlockChange, BlockData, BlockReader, BlockReference } from "./block-reader.js";
export type { BlockWriter } from "./block-writer.js";
export type { Clock } from "./clock.js";
export type { CallOptions, Compute, CreateVolumeRequest, InstanceDescription, SnapshotDescription, Tags, VolumeDescription } from "./compute.js";
export type { Logger } from "./logger.js";
export type { ObjectStorage } from "./object-storage.js";
export type { GetOptions, ObjectContent, ObjectInfo, ObjectLock, ObjectStore, PutOptions } from "./object-store.js";
export type { Random } from "./random.js";
