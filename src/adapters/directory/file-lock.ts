import { randomBytes } from "node:crypto";
import { readlink, symlink, unlink } from "node:fs/promises";
import { ProviderError } from "../../errors/index.js";
import { SystemClock } from "../../system/index.js";
import { systemCode } from "./directory-error.js";
import { fateOf, isOwnMark, ownIdentity } from "./process-identity.js";

/** Another process holds the lock in real time, whatever clock the engine is given. */
const clock = new SystemClock();

export interface FileLockOptions {
  /** How long to wait for the owner, in milliseconds. Default 30,000. */
  readonly waitMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** A lock held by this process until `release`. */
export interface FileLock {
  release(): Promise<void>;
}

/**
 * Takes the lock at `path`, waiting for its owner; the lock of a process that is dead is taken over.
 *
 * A lock is a symbolic link whose target names its owner and a random token: made exclusively and with its content in one
 * step. A dead owner's lock with token T may only be removed by who holds the lock `path.T`, and T never returns: so between
 * finding T at `path` and removing it nobody can have put another lock there, and a breaker that dies is broken the same way.
 * No lock is taken from a process that lives or cannot be told to be dead, however long it sleeps.
 */
export async function acquireFileLock(path: string, options: FileLockOptions = {}): Promise<FileLock> {
  const token = randomBytes(8).toString("hex");
  const waitMs = options.waitMs ?? 30_000;
  for (let waitedMs = 0, pauseMs = 1; ; ) {
    options.signal?.throwIfAborted();
    if (await tryLink(`${ownIdentity}.${token}`, path)) return { release: () => unlink(path) };
    const owner = await ownerOf(path);
    if (owner === undefined) continue;
    // what no engine wrote there names nobody who could be dead, and is never made a part of a path
    if (isOwnMark(owner) && fateOf(owner) === "dead") {
      await breakLock(path, owner, options);
      continue;
    }
    if (waitedMs >= waitMs) throw held(path, owner);
    await clock.sleep(pauseMs, options.signal);
    waitedMs += pauseMs;
    pauseMs = Math.min(50, pauseMs * 2);
  }
}

async function breakLock(path: string, owner: string, options: FileLockOptions): Promise<void> {
  const right = await acquireFileLock(`${path}.${owner.slice(owner.lastIndexOf(".") + 1)}`, options);
  try {
    if ((await ownerOf(path)) === owner) await unlink(path);
  } finally {
    await right.release();
  }
}

async function tryLink(content: string, path: string): Promise<boolean> {
  try {
    await symlink(content, path);
    return true;
  } catch (error) {
    if (systemCode(error) === "EEXIST") return false;
    throw error;
  }
}

async function ownerOf(path: string): Promise<string | undefined> {
  try {
    return await readlink(path);
  } catch (error) {
    if (systemCode(error) === "ENOENT") return undefined;
    throw error;
  }
}

function held(path: string, owner: string): ProviderError {
  const who = fateOf(owner) === "alive" ? `process ${owner.split(".")[3] ?? "?"} on this machine` : "a process on another machine or in another container";
  return new ProviderError(`${path} is locked by ${who}: wait for it, or remove the file when you know that it is gone.`, {
    code: "Locked", service: "directory", operation: "lock", retryable: true, context: { path },
  });
}
