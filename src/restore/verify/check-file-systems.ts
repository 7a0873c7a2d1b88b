import type { VerifiedFileSystem } from "../../repository/verified/restore-verification.js";
import { asError, type EngineEnvironment } from "../../session/index.js";
import { HoldfastError } from "../../errors/index.js";
import type { FileSystem } from "../files/file-system.js";
import { checkExt } from "./check-ext.js";
import { fsck, fsckMissing } from "./fsck.js";

/** Checks a file system as thoroughly as this machine can: by its own program, else by reading all its folders, else not at all; the result says which. */
export async function checkFileSystem(environment: EngineEnvironment, fileSystem: FileSystem, options: { readonly timeoutMs: number; readonly signal: AbortSignal }): Promise<VerifiedFileSystem> {
  const { id, type, source } = fileSystem;
  if (source === undefined) return { id, type, level: "none", findings: [fileSystem.reason ?? "nothing here can read it"] };
  const missing = await fsckMissing(type);
  if (missing === undefined) return await fsck(environment, { id, type, source }, options);
  const by = fileSystem.engine;
  if (by === undefined) return { id, type, level: "none", findings: [`${missing}; and ${fileSystem.reason ?? "nothing here can read it"}`] };
  const found = await walkThrough(fileSystem, options);
  return { id, type, level: "walk", by, isClean: found.length === 0, findings: [...found, ...(found.length === 0 ? [] : [`not checked by its own program: ${missing}`])] };
}

async function walkThrough(fileSystem: FileSystem, { signal }: { readonly signal: AbortSignal }): Promise<string[]> {
  try {
    if (fileSystem.type === "ext" && fileSystem.source !== undefined) return await checkExt(fileSystem.source, { signal });
    const entries = fileSystem.walk("/", { signal });
    while ((await entries.next()).done !== true) signal.throwIfAborted();
    return [];
  } catch (error) {
    signal.throwIfAborted();
    // what the reader says of damage is a finding; a repository that does not answer is none
    if (HoldfastError.isInstance(error) && ["DamagedFileSystem", "FileSystemNotReadable"].includes(error.code)) return [asError(error).message];
    throw error;
  }
}
