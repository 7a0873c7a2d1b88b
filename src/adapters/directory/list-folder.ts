import type { Dirent } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import type { ObjectInfo } from "../../ports/index.js";
import { isObjectName } from "../../object-store/object-name.js";
import { systemCode } from "./directory-error.js";
import { fileInfo, statFile } from "./stored-file.js";

/** How many files are asked for their size at the same time. */
const statsInFlight = 32;

export interface FolderListing {
  readonly root: string;
  readonly prefix: string;
  readonly startAfter: string;
  /** The folder of the store's own files. */
  readonly hidden: string;
  readonly signal?: AbortSignal | undefined;
}

/**
 * The objects below a folder in the order of their names. A folder sorts as `name/`, which is how everything in it starts,
 * so that one folder's names at a time are enough to list in order.
 */
export async function* listFolder(listing: FolderListing, folder = ""): AsyncGenerator<ObjectInfo> {
  listing.signal?.throwIfAborted();
  const names = (await entriesOf(join(listing.root, folder)))
    .filter((entry) => entry.name !== listing.hidden && isObjectName(entry.name) && (entry.isDirectory() || entry.isFile()))
    .map((entry) => `${folder}${entry.name}${entry.isDirectory() ? "/" : ""}`)
    .filter((name) => mayMatch(name, listing))
    // Names are ASCII, so the order of code units is that of UTF-8 bytes.
    .sort((a, b) => (a < b ? -1 : 1));
  for (let start = 0; start < names.length; ) {
    const name = names[start];
    if (name === undefined) return;
    if (name.endsWith("/")) {
      yield* listFolder(listing, name);
      start += 1;
      continue;
    }
    const run = filesFrom(names, start);
    for (const info of await Promise.all(run.map((file) => describe(listing.root, file)))) {
      listing.signal?.throwIfAborted();
      if (info !== undefined) yield info;
    }
    start += run.length;
  }
}

function filesFrom(names: readonly string[], start: number): readonly string[] {
  let end = start;
  while (end < names.length && end - start < statsInFlight && names[end]?.endsWith("/") === false) end += 1;
  return names.slice(start, end);
}

function mayMatch(name: string, { prefix, startAfter }: FolderListing): boolean {
  if (!name.endsWith("/")) return name.startsWith(prefix) && name > startAfter;
  return (name.startsWith(prefix) || prefix.startsWith(name)) && (name > startAfter || startAfter.startsWith(name));
}

/** A file removed since its folder was read is no error: it is no object any more. */
async function describe(root: string, name: string): Promise<ObjectInfo | undefined> {
  const stats = await statFile(join(root, name));
  return stats === undefined ? undefined : fileInfo(name, stats);
}

async function entriesOf(path: string): Promise<readonly Dirent[]> {
  try {
    return await readdir(path, { withFileTypes: true });
  } catch (error) {
    if (systemCode(error) === "ENOENT") return [];
    throw error;
  }
}
