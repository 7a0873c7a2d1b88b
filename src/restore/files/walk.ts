import type { CallOptions } from "../../ports/index.js";
import type { FileEntry } from "./file-entry.js";
import { damagedFileSystem, folderTooLarge } from "./file-errors.js";
import type { FileSystemReader } from "./file-system-reader.js";
import { SeenFolders } from "./seen-folders.js";

/** Deeper than any path that a system call takes. */
const maxDepth = 4096;
/** What the entries of one folder may take in memory, about: some two million names. A folder must be held whole to be put in order. */
const maxFolderMemoryBytes = 2 ** 30;
/** An entry without its texts. */
const entryMemoryBytes = 400;

interface WalkSetting extends CallOptions {
  /** Two of one name in a folder are an error: an archive would be unpacked through the first, if that is a link. */
  readonly refusesTwins?: boolean;
}

/**
 * All that lies below a folder, a folder before what is in it, in the order of the names. Links are not followed; a folder that lies within itself, or in two places, is an error. Of two
 * of one name, which only a damaged folder has, both are given; what is in the second cannot be reached.
 */
export async function* walk(reader: FileSystemReader, path: string, options: CallOptions = {}): AsyncGenerator<FileEntry> {
  yield* walkFolder(reader, path, { ancestors: [], seen: new SeenFolders() }, options);
}

interface Way {
  readonly ancestors: readonly string[];
  readonly seen: SeenFolders;
}

async function* walkFolder(reader: FileSystemReader, path: string, { ancestors, seen }: Way, setting: WalkSetting): AsyncGenerator<FileEntry> {
  if (ancestors.length > maxDepth) throw damagedFileSystem("its folders lie deeper in each other than any can");
  let previous: string | undefined;
  for (const entry of await entriesOf(reader, path, setting)) {
    setting.signal?.throwIfAborted();
    const isTwin = entry.name === previous;
    previous = entry.name;
    if (isTwin && setting.refusesTwins === true) throw damagedFileSystem(`there are two "${entry.path}", and an archive can hold one; save() keeps the first`);
    yield entry;
    if (entry.kind !== "folder" || isTwin) continue;
    const identity = entry.inode ?? entry.path;
    if (ancestors.includes(identity)) throw damagedFileSystem(`the folder "${entry.path}" lies within itself`);
    if (!seen.add(entry.inode)) throw damagedFileSystem(`the folder "${entry.path}" lies in another place too`);
    yield* walkFolder(reader, entry.path, { ancestors: [...ancestors, identity], seen }, setting);
  }
}

/** What is in a folder, in the order of the names. */
async function entriesOf(reader: FileSystemReader, path: string, { signal }: CallOptions): Promise<FileEntry[]> {
  const entries: FileEntry[] = [];
  let memoryBytes = 0;
  for await (const entry of reader.list(path, { signal })) {
    entries.push(entry);
    memoryBytes += memoryOf(entry);
    if (memoryBytes > maxFolderMemoryBytes) throw folderTooLarge(path);
  }
  return entries.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
}

function memoryOf({ path, linkTarget = "", extendedAttributes = {} }: FileEntry): number {
  return Object.values(extendedAttributes).reduce((sum, value) => sum + value.length, entryMemoryBytes + path.length + linkTarget.length);
}

/** What lies at a path itself, but for the root, and all below it: for an archive, which has one entry for each name. */
export async function* entriesFrom(reader: FileSystemReader, top: FileEntry, options: CallOptions): AsyncGenerator<FileEntry> {
  if (top.path !== "") yield top;
  if (top.kind === "folder") yield* walkFolder(reader, top.path, { ancestors: [], seen: new SeenFolders() }, { ...options, refusesTwins: true });
}
