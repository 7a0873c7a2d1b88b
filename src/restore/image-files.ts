import type { BlockWriter } from "../ports/index.js";

/** What a raw disk image shall be. */
export interface ImageFileRequest {
  readonly path: string;
  readonly sizeBytes: number;
  /** Bytes of data to come, to see beforehand whether there is room. */
  readonly dataBytes: number;
  readonly overwrite: boolean;
}

/**
 * Where raw disk images are written. Nothing has been made where `create` rejects: `ConflictError` (`ImageExists`),
 * `ProviderError` (`NoSpace`, `AccessDenied`, ...). A device's content is replaced in place, and zeroed where the image has no data. A file is sparse, and appears under its name when it is complete.
 */
export interface ImageFiles {
  /** Makes the file, sized and empty, or opens the device, and gives what writes its blocks. */
  create(request: ImageFileRequest): Promise<BlockWriter<{ readonly path: string; readonly sizeBytes: number }>>;
}
