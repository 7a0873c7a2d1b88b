import type { CallOptions } from "../../ports/index.js";
import type { FileEntry } from "./file-entry.js";
import { damagedFileSystem } from "./file-errors.js";
import type { FileSystemReader } from "./file-system-reader.js";

/** Deeper than any path that a system call takes. */
const maxDepth = 4096;

/** All that lies below a folder, a folder before what is in it, in the order of the names. Links are not followed; a folder that lies within itself is an error. */
export async function* walk(reader: FileSystemReader, path: string, options: CallOptions = {}): AsyncGenerator<FileEntry> {
  yield* walkFolder(reader, path, [], options);
}

async function* walkFolder(reader: FileSystemReader, path: string, ancestors: readonly string[], options: CallOptions): AsyncGenerator<FileEntry> {
  if (ancestors.length > maxDepth) throw damagedFileSystem("its folders lie deeper in each other than any can");
  const entries: FileEntry[] = [];
  for await (const entry of reader.list(path, options)) entries.push(entry);
  entries.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
  for (const entry of entries) {
    options.signal?.throwIfAborted();
    yield entry;
    if (entry.kind !== "folder") continue;
    const identity = entry.inode ?? entry.path;
    if (ancestors.includes(identity)) throw damagedFileSystem(`the folder "${entry.path}" lies within itself`);
    yield* walkFolder(reader, entry.path, [...ancestors, identity], options);
  }
}

/** What lies at a path itself, but for the root, and all below it. */
export async function* entriesFrom(reader: FileSystemReader, top: FileEntry, options: CallOptions): AsyncGenerator<FileEntry> {
  if (top.path !== "") yield top;
  if (top.kind === "folder") yield* walk(reader, top.path, options);
}
