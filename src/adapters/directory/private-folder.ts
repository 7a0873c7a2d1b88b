import { mkdir, open, readdir, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { systemCode } from "./directory-error.js";
import { fateOf } from "./process-identity.js";

/** Only the owner may look at what is backed up. */
export const folderMode = 0o700;
export const fileMode = 0o600;

/** After this long a temporary file goes also where its writer, on another machine, cannot be asked. */
const abandonedAfterMs = 7 * 24 * 3_600_000;

/** Makes a folder and those above it, each made durable in its parent. */
export async function makeFolder(path: string): Promise<void> {
  const first = await mkdir(path, { recursive: true, mode: folderMode });
  if (first === undefined) return;
  const top = dirname(first);
  for (let folder = dirname(path); ; folder = dirname(folder)) {
    await syncFolder(folder);
    if (folder === top || folder === dirname(folder)) return;
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

/** Removes the temporary files of processes that are gone: named `<identity>.<random>`. */
export async function removeLeftovers(folder: string, now: Date): Promise<void> {
  for (const name of await namesIn(folder)) {
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
    return (await stat(path)).mtimeMs < thanMs;
  } catch (error) {
    if (systemCode(error) === "ENOENT") return false;
    throw error;
  }
}
