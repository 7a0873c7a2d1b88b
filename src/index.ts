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
  type PartialFailure,
} from "./errors/index.js";

// Repositories and what is in them.
export { Repository } from "./repository/repository.js";
export type { RepositoryOptions } from "./repository/repository-options.js";
export type { EncryptionOptions } from "./repository/keys/encryption-options.js";
export type { RestorePoint, RestorePointVolume } from "./repository/points/restore-point.js";
export type { VerifyFinding, VerifyLevel, VerifyOptions, VerifyReport } from "./repository/verify/verify-options.js";

// Where a repository lies.
export { directoryStorage } from "./adapters/directory/directory-storage.js";

// Ports: what an embedder may implement.
export type {
  BlockChange,
  BlockData,
  BlockReader,
  BlockReference,
  BlockWriter,
  Clock,
  Compute,
  Logger,
  ObjectContent,
  ObjectInfo,
  ObjectLock,
  ObjectStorage,
  ObjectStore,
  Random,
} from "./ports/index.js";
