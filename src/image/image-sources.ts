import type { BlockReader } from "../ports/index.js";

/** A raw disk image that is open for reading. */
export interface OpenImage extends BlockReader {
  /** Raises `ConflictError` (`ImageChanged`) where somebody wrote to it since it was opened, so far as that can be told. */
  throwIfChanged(): Promise<void>;
}

/** How a raw disk image is opened. */
export interface OpenImageOptions {
  /** Whether it is taken though somebody else may write to it. */
  readonly allowInUse: boolean;
}

/**
 * Where raw disk images are read from. `open` raises `NotFoundError` (`ImageNotFound`), `ConfigurationError` (`NotAnImage`), `ConflictError` (`DeviceInUse`) or
 * `ProviderError` (`AccessDenied`, ...).
 */
export interface ImageSources {
  /** Opens the file or block device at `path`. */
  open(path: string, options: OpenImageOptions): Promise<OpenImage>;
}
