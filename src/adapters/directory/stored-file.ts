import { constants, type BigIntStats } from "node:fs";
import { open, stat, type FileHandle } from "node:fs/promises";
import type { ObjectInfo } from "../../ports/index.js";
import { systemCode } from "./directory-error.js";

/**
 * What is known of a stored object from its file. The etag is inode, time of writing and size: every put makes a new file,
 * and `laterThan` sees to it that a file never carries the time of the one that it replaces, so no two writes share one.
 */
export function fileInfo(name: string, stats: BigIntStats): ObjectInfo {
  return {
    name,
    sizeBytes: Number(stats.size),
    etag: `${stats.ino.toString(36)}-${stats.mtimeNs.toString(36)}-${stats.size.toString(36)}`,
    modifiedAt: new Date(Number(stats.mtimeMs)),
  };
}

/** The stats of a file, or `undefined` where there is none (or a folder). */
export async function statFile(path: string): Promise<BigIntStats | undefined> {
  try {
    const stats = await stat(path, { bigint: true });
    return stats.isFile() ? stats : undefined;
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/** Opens a file for reading, or `undefined` where there is none. */
export async function openFile(path: string): Promise<FileHandle | undefined> {
  try {
    // a pipe of that name, which somebody put there, must not be waited for
    return await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/** A time of writing, in seconds, that is after `previous` and, in its last digits, unlike any other of this moment. */
export function laterThan(previous: BigIntStats | undefined, nowMs: number, fraction: number): number {
  const leastMs = previous === undefined ? 0 : Number(previous.mtimeMs) + 1;
  return (Math.max(nowMs, leastMs) + fraction) / 1000;
}

/** ENOTDIR: a part of the name is itself an object, so there is nothing below it. */
function isMissing(error: unknown): boolean {
  const code = systemCode(error);
  return code === "ENOENT" || code === "ENOTDIR";
}
