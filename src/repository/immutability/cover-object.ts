import { ConflictError, HoldfastError, IntegrityError } from "../../errors/index.js";
import type { ObjectInfo } from "../../ports/index.js";
import type { RepositoryContext, SignalOptions } from "../repository-context.js";
import { decideByStore } from "../locks/lock-decision.js";
import type { RepositoryLocks } from "../locks/repository-locks.js";

/** A version that a point reaches. */
export interface ReachedObject {
  readonly name: string;
  readonly versionId: string | undefined;
  /** Where it is known. */
  readonly sizeBytes?: number | undefined;
}

/**
 * Sees to it that an object is locked for as long as a point of this time needs it, by what the store says of it: it must be
 * there, in its size and version, and is extended only where its lock ends too soon. Gives the end of its lock.
 */
export async function coverObject(context: RepositoryContext, locks: RepositoryLocks, object: ReachedObject, pointMs: number, options: SignalOptions = {}): Promise<number> {
  const key = `${object.name}?${object.versionId ?? ""}`;
  for (;;) {
    const underWay = locks.extending.get(key);
    if (underWay === undefined) break;
    // it may be for an earlier time, and it may fail: looked at again afterwards, it is a request more
    await underWay.catch(() => undefined);
  }
  const covering = cover(context, locks, object, pointMs, options);
  locks.extending.set(key, covering);
  try {
    return await covering;
  } finally {
    locks.extending.delete(key);
  }
}

async function cover(context: RepositoryContext, locks: RepositoryLocks, object: ReachedObject, pointMs: number, options: SignalOptions): Promise<number> {
  const found = await look(context, object, options);
  const { versionId } = found;
  if (versionId === undefined) throw new IntegrityError(`${object.name} has no version: versioning of the bucket at ${context.store.location} was ended. Nothing was committed. Enable it again (aws s3api put-bucket-versioning), and find out who ended it.`, { code: "VersioningEnded", context: { object: object.name } });
  const decide = async () => decideByStore(locks.rules, pointMs, await lockOf(locks, found, options));
  const decision = await decide();
  if (decision.action === "keep") return decision.lockedUntilMs;
  if (decision.action === "look") return 0;
  try {
    await locks.versions.extendLock(object.name, versionId, decision.lock, options);
  } catch (cause) {
    if (!(HoldfastError.isInstance(cause) && cause.code === "LockRefused")) throw cause;
    // another process may have extended it further in the meantime
    const again = decideByStore(locks.rules, pointMs, await locks.versions.lockOf(object.name, versionId, options));
    if (again.action === "keep") return again.lockedUntilMs;
    throw new ConflictError(`The lock of ${object.name} cannot be extended to ${decision.lock.until.toISOString()}: the store refused. Nothing was committed. Find out who changed its lock.`, {
      code: "LockRefused",
      context: { object: object.name, versionId },
      cause,
    });
  }
  return decision.lock.until.getTime();
}

/** The object as the store has it; raises where it is not the one that the point reaches. */
async function look(context: RepositoryContext, { name, versionId, sizeBytes }: ReachedObject, options: SignalOptions): Promise<ObjectInfo> {
  const found = await context.store.head(name, { versionId, signal: options.signal });
  const wrong = found === undefined ? "is gone" : sizeBytes !== undefined && found.sizeBytes !== sizeBytes ? `has ${String(found.sizeBytes)} bytes, not ${String(sizeBytes)}` : undefined;
  if (found !== undefined && wrong === undefined) return found;
  throw new IntegrityError(
    `${name} ${wrong ?? "is gone"}, and the point that is being written needs it. Nothing was committed. Run repository.recover() if somebody removed objects, repository.verify() to see what is damaged, then a full backup.`,
    { code: "ReachedObjectMissing", context: { object: name, versionId } },
  );
}

async function lockOf(locks: RepositoryLocks, found: ObjectInfo, options: SignalOptions) {
  // the answer about an object leaves the lock out where the caller may not see it: asked for it by itself, the store says so
  return found.lock ?? (found.versionId === undefined ? undefined : await locks.versions.lockOf(found.name, found.versionId, options));
}
