import { randomBytes } from "node:crypto";
import type { BigIntStats } from "node:fs";
import { link, open, rename, rm, unlink, type FileHandle } from "node:fs/promises";
import { dirname, join } from "node:path";
import { conditionFailed } from "../../object-store/store-errors.js";
import type { Clock, ObjectInfo, PutOptions, Random } from "../../ports/index.js";
import { systemCode } from "./directory-error.js";
import { acquireFileLock } from "./file-lock.js";
import { fileMode, makeFolder, syncFolder } from "./private-folder.js";
import { ownIdentity } from "./process-identity.js";
import { fileInfo, laterThan, statFile } from "./stored-file.js";

export interface PutFile {
  readonly name: string;
  readonly path: string;
  readonly lockPath: string;
  readonly temporaryFolder: string;
  readonly buffers: readonly Uint8Array[];
  readonly condition: PutOptions["condition"];
  readonly signal: AbortSignal | undefined;
  readonly clock: Clock;
  readonly random: Random;
}

/**
 * Stores one object: the bytes go to a temporary file and to the disk first, then the name appears in one step.
 *
 * A new name is linked, which fails where there is one: that is the `"absent"` condition. Whoever replaces or removes a
 * name holds its lock from looking at it until it is done, so that of two conditional writes over one version one wins.
 */
export async function putFile(put: PutFile): Promise<ObjectInfo> {
  const temporaryPath = join(put.temporaryFolder, `${ownIdentity}.${randomBytes(8).toString("hex")}`);
  const handle = await open(temporaryPath, "wx", fileMode);
  try {
    await writeAll(handle, put.buffers, put.signal);
    await handle.sync();
    put.signal?.throwIfAborted();
    if (typeof put.condition !== "object" && (await linked(put, handle, temporaryPath))) return await finished(put);
    if (put.condition === "absent") throw conditionFailed(put.name, "there is already an object of that name");
    const lock = await acquireFileLock(put.lockPath, { signal: put.signal });
    try {
      const present = await statFile(put.path);
      checkCondition(put, present);
      await stamp(put, handle, present);
      await rename(temporaryPath, put.path);
      return await finished(put);
    } finally {
      await lock.release();
    }
  } finally {
    await handle.close();
    await rm(temporaryPath, { force: true });
  }
}

async function linked(put: PutFile, handle: FileHandle, temporaryPath: string): Promise<boolean> {
  await stamp(put, handle, undefined);
  await makeFolder(dirname(put.path));
  try {
    await link(temporaryPath, put.path);
  } catch (error) {
    if (systemCode(error) === "EEXIST") return false;
    throw error;
  }
  await unlink(temporaryPath);
  return true;
}

/** Durable first, then known: the info is that of the file now under the name, by the handle that wrote it. */
async function finished(put: PutFile): Promise<ObjectInfo> {
  await syncFolder(dirname(put.path));
  const stats = await statFile(put.path);
  // Removed or replaced by somebody else since: what was stored is still what was stored.
  if (stats === undefined) return { name: put.name, sizeBytes: totalBytes(put.buffers), etag: "removed" };
  return fileInfo(put.name, stats);
}

function checkCondition(put: PutFile, present: BigIntStats | undefined): void {
  if (typeof put.condition !== "object") return;
  if (present === undefined) throw conditionFailed(put.name, "there is no object of that name any more");
  if (fileInfo(put.name, present).etag !== put.condition.etag) throw conditionFailed(put.name, "somebody else changed it");
}

async function stamp(put: PutFile, handle: FileHandle, previous: BigIntStats | undefined): Promise<void> {
  const writtenAt = laterThan(previous, put.clock.now().getTime(), put.random.fraction());
  await handle.utimes(writtenAt, writtenAt);
}

async function writeAll(handle: FileHandle, buffers: readonly Uint8Array[], signal: AbortSignal | undefined): Promise<void> {
  for (const buffer of buffers) {
    signal?.throwIfAborted();
    for (let offset = 0; offset < buffer.byteLength; ) {
      const { bytesWritten } = await handle.write(buffer, offset, buffer.byteLength - offset);
      offset += bytesWritten;
    }
  }
}

function totalBytes(buffers: readonly Uint8Array[]): number {
  return buffers.reduce((sum, buffer) => sum + buffer.byteLength, 0);
}
