import type { CallOptions } from "../../ports/index.js";
import type { FileEntry } from "./file-entry.js";

/** Which bytes of a file are read: all, unless told otherwise. */
export interface FileRange extends CallOptions {
  /** The first byte. Default: 0. */
  readonly start?: number | undefined;
  /** The byte after the last. Default: the file's size. */
  readonly end?: number | undefined;
}

/** What an engine does: one file system, read-only. Paths come checked: their parts are plain names. */
export interface FileSystemReader {
  /** Whether entries come without extended attributes and access lists though the file system may have some. */
  readonly leavesAttributesOut?: boolean | undefined;
  /** What lies in a folder, in no particular order. `NotFoundError` (`FileNotFound`), `ConfigurationError` (`NotAFolder`). */
  list(path: string, options?: CallOptions): AsyncIterable<FileEntry>;
  /** What lies at a path; links are not followed. `NotFoundError` (`FileNotFound`). */
  stat(path: string, options?: CallOptions): Promise<FileEntry>;
  /** A file's bytes, in pieces of any length. `ConfigurationError` (`NotAFile`) where there is something else. */
  read(path: string, range?: FileRange): AsyncIterable<Buffer>;
  /** Where a file has data, in order, where the engine can tell: the rest is holes. */
  dataRanges?(path: string, options?: CallOptions): Promise<{ readonly start: number; readonly end: number }[] | undefined>;
  close(): Promise<void>;
}
