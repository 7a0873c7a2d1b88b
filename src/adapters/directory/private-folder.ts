import { lstat, mkdir, open, readdir, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { ConfigurationError } from "../../errors/index.js";
import { systemCode } from "./directory-error.js";
import { fateOf, isOwnMark } from "./process-identity.js";

/** Only the owner may look at what is backed up. */
export const folderMode = 0o700;
export const fileMode = 0o600;

/** After this long a temporary file goes also where its writer, on another machine, cannot be asked. */
const abandonedAfterMs = 7 * 24 * 3_600_000;

/** Makes a folder and those above it, each made durable in its parent. */
export async function makeFolder(path: string): Promise<void> {
  // not by one recursive mkdir: below /proc, where nothing can be made, Node's goes round for ever
  const missing: string[] = [];
  for (let folder = path; !(await isFolder(folder)); folder = dirname(folder)) missing.unshift(folder);
  for (const folder of missing) {
    await makeOne(folder);
    await syncFolder(dirname(folder));
  }
}

async function makeOne(folder: string): Promise<void> {
  try {
    await mkdir(folder, { mode: folderMode });
  } catch (error) {
    // somebody else was faster
    if (systemCode(error) === "EEXIST" && (await isFolder(folder))) return;
    throw error;
  }
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch (error) {
    if (systemCode(error) === "ENOENT") return false;
    throw error;
  }
}

/** Makes names that were linked, renamed or removed in a folder survive a crash of the machine. */
export async function syncFolder(path: string): Promise<void> {
  const handle = await open(path, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/**
 * Raises where a folder of the store's own is a link: whoever else writes to the directory could lead what is made and removed in it to another place.
 * `ConfigurationError` (`ForeignFolder`).
 */
export async function refuseLinks(folders: readonly string[]): Promise<void> {
  for (const folder of folders) {
    if (!(await isLink(folder))) continue;
    throw new ConfigurationError(`${folder} is a link, and must be a folder: somebody else put it there. Remove it; nothing was written through it.`, { code: "ForeignFolder", context: { path: folder } });
  }
}

async function isLink(path: string): Promise<boolean> {
  try {
    return (await lstat(path)).isSymbolicLink();
  } catch (error) {
    if (systemCode(error) === "ENOENT") return false;
    throw error;
  }
}

/** Removes the temporary files of processes that are gone: named `<identity>.<random>`. Files of any other name are somebody else's, and left alone. */
export async function removeLeftovers(folder: string, now: Date): Promise<void> {
  for (const name of await namesIn(folder)) {
    if (!isOwnMark(name)) continue;
    const path = join(folder, name);
    const fate = fateOf(name);
    if (fate === "alive") continue;
    if (fate === "unknown" && !(await isOlder(path, now.getTime() - abandonedAfterMs))) continue;
    await rm(path, { force: true });
  }
}

async function namesIn(folder: string): Promise<readonly string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (systemCode(error) === "ENOENT") return [];
    throw error;
  }
}

async function isOlder(path: string, thanMs: number): Promise<boolean> {
  try {
    return (await lstat(path)).mtimeMs < thanMs;
  } catch (error) {
    if (systemCode(error) === "ENOENT") return false;
    throw error;
  }
}
