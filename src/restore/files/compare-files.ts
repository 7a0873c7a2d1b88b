import type { CallOptions } from "../../ports/index.js";
import type { FileEntry } from "./file-entry.js";
import { damagedFileSystem } from "./file-errors.js";
import type { FileSystemReader } from "./file-system-reader.js";
import { SeenFolders } from "./seen-folders.js";

/** A path that is not the same in two file systems. */
export interface FileDifference {
  readonly path: string;
  /** `metadata`: the same content by size and time of change, with another mode, owner or link. */
  readonly change: "added" | "removed" | "changed" | "metadata";
  readonly before?: FileEntry | undefined;
  readonly after?: FileEntry | undefined;
}

/**
 * Compares a folder in two file systems, mostly two restore points of one: folder by folder, by kind, size, time, owner, mode and
 * link. The contents of files that agree in all of them are not read.
 */
export async function* compareFolders(before: FileSystemReader, after: FileSystemReader, path: string, options: CallOptions = {}): AsyncGenerator<FileDifference> {
  yield* compare({ before, after, seen: new SeenFolders(), options }, path);
}

interface Comparison {
  readonly before: FileSystemReader;
  readonly after: FileSystemReader;
  /** Of the earlier one: a way that leads in a circle in both of them meets one of its folders again. */
  readonly seen: SeenFolders;
  readonly options: CallOptions;
}

async function* compare(comparison: Comparison, path: string): AsyncGenerator<FileDifference> {
  const { before, after, seen, options } = comparison;
  const [old, fresh] = [await entriesOf(before, path, options), await entriesOf(after, path, options)];
  for (const name of [...new Set([...old.keys(), ...fresh.keys()])].sort()) {
    options.signal?.throwIfAborted();
    const [was, is] = [old.get(name), fresh.get(name)];
    const entry = was ?? is;
    if (entry === undefined) continue;
    const change = changeOf(was, is);
    if (change !== undefined) yield { path: entry.path, change, ...(was !== undefined && { before: was }), ...(is !== undefined && { after: is }) };
    if (was?.kind !== "folder" || is?.kind !== "folder") continue;
    if (!seen.add(was.inode)) throw damagedFileSystem(`the folder "${entry.path}" lies in another place too`);
    yield* compare(comparison, entry.path);
  }
}

async function entriesOf(reader: FileSystemReader, path: string, options: CallOptions): Promise<Map<string, FileEntry>> {
  const entries = new Map<string, FileEntry>();
  for await (const entry of reader.list(path, options)) entries.set(entry.name, entry);
  return entries;
}

function changeOf(was: FileEntry | undefined, is: FileEntry | undefined): FileDifference["change"] | undefined {
  if (was === undefined) return "added";
  if (is === undefined) return "removed";
  const isContentSame = was.kind === is.kind && was.linkTarget === is.linkTarget && (was.kind !== "file" || (was.sizeBytes === is.sizeBytes && timeOf(was) === timeOf(is)));
  if (!isContentSame) return "changed";
  return was.mode === is.mode && was.userId === is.userId && was.groupId === is.groupId && was.device?.major === is.device?.major && was.device?.minor === is.device?.minor ? undefined : "metadata";
}

function timeOf({ modifiedAt, modifiedNanoseconds }: FileEntry): string {
  return `${String(modifiedAt?.getTime())} ${String(modifiedNanoseconds)}`;
}
