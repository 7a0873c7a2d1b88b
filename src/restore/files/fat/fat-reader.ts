import type { CallOptions } from "../../../ports/index.js";
import { LeastRecentlyUsed } from "../../../repository/store/least-recently-used.js";
import type { ByteSource } from "../../bytes/byte-source.js";
import type { FileEntry } from "../file-entry.js";
import { damagedFileSystem, fileNotFound, notAFile, notAFolder } from "../file-errors.js";
import { isPlainName, pathParts } from "../file-name.js";
import type { FileRange, FileSystemReader } from "../file-system-reader.js";
import { readBootSector, type BootSector } from "./boot-sector.js";
import { AllocationTable } from "./cluster-chain.js";
import { FolderEntries, type FatEntry } from "./folder-entries.js";

/** Pieces in which a file is given. */
const pieceBytes = 2 ** 20;
/** No folder of FAT may be larger: 65,536 entries. */
const maxFolderBytes = 2 ** 21;
/** Of up to 65,536 entries each. */
const rememberedFolders = 16;

/** In place of an entry for the root, which has none. */
const root: FatEntry = { name: "", isFolder: true, firstCluster: 0, sizeBytes: 0, modifiedAt: undefined, accessedAt: undefined, createdAt: undefined };

/** A FAT12, FAT16 or FAT32 file system, read-only: exactly the clusters that a question needs. It has no owners, modes, links or holes; its times are local ones without a zone, and taken as UTC. */
export class FatReader implements FileSystemReader {
  readonly #source: ByteSource;
  readonly #boot: BootSector;
  readonly #table: AllocationTable;
  readonly #folders = new LeastRecentlyUsed<number, Promise<readonly FatEntry[]>>(rememberedFolders);

  private constructor(source: ByteSource, boot: BootSector) {
    this.#source = source;
    this.#boot = boot;
    this.#table = new AllocationTable(source, boot);
  }

  static async open(source: ByteSource): Promise<FatReader> {
    return new FatReader(source, await readBootSector(source));
  }

  async *list(path: string, options: CallOptions = {}): AsyncGenerator<FileEntry> {
    const folder = await this.#find(path, options);
    if (!folder.isFolder) throw notAFolder(path);
    const prefix = pathParts(path).join("/");
    for (const entry of await this.#entries(folder, options)) {
      if (!isPlainName(entry.name)) throw damagedFileSystem(`a folder holds the name ${JSON.stringify(entry.name)}, which can be none`);
      yield describe(prefix === "" ? entry.name : `${prefix}/${entry.name}`, entry);
    }
  }

  async stat(path: string, options: CallOptions = {}): Promise<FileEntry> {
    return describe(pathParts(path).join("/"), await this.#find(path, options));
  }

  async *read(path: string, range: FileRange = {}): AsyncGenerator<Buffer> {
    const entry = await this.#find(path, range);
    if (entry.isFolder) throw notAFile(path, "folder");
    const end = Math.min(range.end ?? Infinity, entry.sizeBytes);
    let at = range.start ?? 0;
    if (at >= end) return;
    let runStart = 0;
    for await (const { start, lengthBytes } of this.#pieces(entry.firstCluster, range)) {
      const runEnd = runStart + lengthBytes;
      while (at < Math.min(end, runEnd)) {
        const length = Math.min(pieceBytes, end - at, runEnd - at);
        yield await this.#source.read(start + at - runStart, length, range);
        at += length;
      }
      if (at >= end) return;
      runStart = runEnd;
    }
    throw damagedFileSystem(`"${path}" ends before its size`);
  }

  async close(): Promise<void> {
    // nothing is held but memory
  }

  /** A name is found in whatever case it is asked for, as on FAT itself; the very name comes first. */
  async #find(path: string, options: CallOptions): Promise<FatEntry> {
    let found = root;
    for (const part of pathParts(path)) {
      if (!found.isFolder || !isPlainName(part)) throw fileNotFound(path);
      const entries = await this.#entries(found, options);
      const next = entries.find(({ name }) => name === part) ?? entries.find(({ name }) => name.toLowerCase() === part.toLowerCase());
      if (next === undefined) throw fileNotFound(path);
      found = next;
    }
    return found;
  }

  async #entries(folder: FatEntry, { signal }: CallOptions): Promise<readonly FatEntry[]> {
    signal?.throwIfAborted();
    // callers share one load: none of them may stop it for the others
    return await LeastRecentlyUsed.load(this.#folders, folder.firstCluster, async () => await this.#readFolder(folder));
  }

  async #readFolder(folder: FatEntry): Promise<FatEntry[]> {
    const all: FatEntry[] = [];
    const entries = new FolderEntries(this.#boot.bits);
    let bytesRead = 0;
    for await (const { start, lengthBytes } of this.#folderPieces(folder)) {
      bytesRead += lengthBytes;
      if (bytesRead > maxFolderBytes + this.#boot.clusterBytes) throw damagedFileSystem("a folder is larger than any can be");
      const found = entries.of(await this.#source.read(start, lengthBytes));
      for (let next = found.next(); ; next = found.next()) {
        if (next.done === true) {
          if (next.value) return all;
          break;
        }
        all.push(next.value);
      }
    }
    return all;
  }

  async *#folderPieces({ firstCluster }: FatEntry): AsyncGenerator<{ readonly start: number; readonly lengthBytes: number }> {
    const { fixedRoot, rootCluster, clusterBytes } = this.#boot;
    if (firstCluster === 0 && fixedRoot !== undefined) {
      yield fixedRoot;
      return;
    }
    // one cluster at a time: a folder mostly ends in its first
    for await (const { start, lengthBytes } of this.#pieces(firstCluster === 0 ? rootCluster : firstCluster, {})) {
      for (let at = 0; at < lengthBytes; at += clusterBytes) yield { start: start + at, lengthBytes: clusterBytes };
    }
  }

  /** Where the clusters of a chain lie. */
  async *#pieces(firstCluster: number, options: CallOptions): AsyncGenerator<{ readonly start: number; readonly lengthBytes: number }> {
    const { dataStart, clusterBytes } = this.#boot;
    for await (const { first, count } of this.#table.runs(firstCluster, options)) yield { start: dataStart + (first - 2) * clusterBytes, lengthBytes: count * clusterBytes };
  }
}

function describe(path: string, { name, isFolder, firstCluster, sizeBytes, modifiedAt, accessedAt, createdAt }: FatEntry): FileEntry {
  return {
    path,
    name,
    kind: isFolder ? "folder" : "file",
    sizeBytes: isFolder ? 0 : sizeBytes,
    ...(modifiedAt !== undefined && { modifiedAt }),
    ...(accessedAt !== undefined && { accessedAt }),
    ...(createdAt !== undefined && { createdAt }),
    // a folder that lies within itself is told by this
    ...(isFolder && { inode: String(firstCluster) }),
  };
}
