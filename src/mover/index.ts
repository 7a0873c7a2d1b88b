export { backUpReader, type ReaderBackupContext, type ReaderBackupResult, type ReaderBackupTask } from "./back-up-reader.js";
export { backUpVolume, type VolumeBackupContext, type VolumeBackupTask } from "./back-up-volume.js";
export { abandonWriter, restoreBlocks, type RemoteVolumeRestore, type VolumeRestoreContext, type VolumeRestoreResult } from "./restore-blocks.js";
export type { BlockCounts, VolumeBackupResult, WorkerUse } from "./volume-result.js";
