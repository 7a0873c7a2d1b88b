import { randomUUID } from "node:crypto";
import { link, readFile, rename, rm, writeFile } from "node:fs/promises";
import { readFileSync } from "node:fs";
import { join } from "node:path";

interface Owner {
  readonly pid: number;
  /** When the process started, in the kernel's ticks: a pid alone may come again. Empty where the machine does not tell. */
  readonly startedAt: string;
  readonly id: string;
}

const FILE_NAME = "cloud.lock";
const MAX_ATTEMPTS = 5;

/**
 * Keeps a directory to one cloud at a time.
 *
 * The lock is a file that is linked into place whole. One whose process is gone is taken over: it is moved away first, and only
 * who then holds the very lock that was judged may go on.
 */
export class DirectoryLock {
  readonly #path: string;
  readonly #owner: Owner;

  private constructor(path: string, owner: Owner) {
    this.#path = path;
    this.#owner = owner;
  }

  /** Takes the lock. Raises where another cloud has it. */
  static async take(directory: string): Promise<DirectoryLock> {
    const path = join(directory, FILE_NAME);
    const owner: Owner = { pid: process.pid, startedAt: startOf(process.pid), id: randomUUID() };
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
      if (await create(path, owner)) return new DirectoryLock(path, owner);
      const other = await readOwner(path);
      if (other === undefined) continue;
      if (isAlive(other)) {
        throw new Error(`LocalCloud: ${directory} is in use by the local cloud of process ${other.pid}; close that one, or use another directory.`);
      }
      await retire(path, other, owner.id);
    }
    throw new Error(`LocalCloud: ${directory} could not be locked; other clouds are being started on it.`);
  }

  async release(): Promise<void> {
    const owner = await readOwner(this.#path);
    if (owner?.id === this.#owner.id) await rm(this.#path, { force: true });
  }
}

async function create(path: string, owner: Owner): Promise<boolean> {
  const whole = `${path}.${owner.id}`;
  await writeFile(whole, JSON.stringify(owner), { mode: 0o600 });
  try {
    await link(whole, path);
    return true;
  } catch (error) {
    if (codeOf(error) === "EEXIST") return false;
    throw error;
  } finally {
    await rm(whole, { force: true });
  }
}

async function retire(path: string, judged: Owner, takerId: string): Promise<void> {
  const aside = `${path}.stale.${takerId}`;
  try {
    await rename(path, aside);
  } catch (error) {
    if (codeOf(error) === "ENOENT") return;
    throw error;
  }
  const moved = await readOwner(aside);
  // Someone else was quicker and this is the new owner's lock: it goes back.
  if (moved !== undefined && moved.id !== judged.id) {
    await link(aside, path).catch((error: unknown) => {
      if (codeOf(error) !== "EEXIST") throw error;
    });
  }
  await rm(aside, { force: true });
}

async function readOwner(path: string): Promise<Owner | undefined> {
  try {
    return JSON.parse(await readFile(path, "utf8")) as Owner;
  } catch (error) {
    if (codeOf(error) === "ENOENT") return undefined;
    throw error;
  }
}

function isAlive(owner: Owner): boolean {
  try {
    process.kill(owner.pid, 0);
  } catch (error) {
    // EPERM: it is there, and another user's.
    if (codeOf(error) === "ESRCH") return false;
  }
  const startedAt = startOf(owner.pid);
  return owner.startedAt === "" || startedAt === "" || owner.startedAt === startedAt;
}

const START_FIELD = 19;

/** The start time of a process, after the command's name, which may hold spaces, in `/proc/<pid>/stat`. */
function startOf(pid: number): string {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "latin1");
    return text.slice(text.lastIndexOf(")") + 2).split(" ")[START_FIELD] ?? "";
  } catch {
    // No such file system, or no such process any more: the pid alone must do.
    return "";
  }
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && "code" in error ? error.code : undefined;
}
