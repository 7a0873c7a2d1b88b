import { createHash } from "node:crypto";
import type { FileEntry, FileSystem } from "../../src/index.js";
import { encodeName } from "../../src/restore/files/file-name.js";

/** A file's facts as `stat` and `sha256sum` tell them: comparable whoever tells them. */
export interface ListedFile {
  readonly name: string;
  readonly kind: string;
  readonly mode: string;
  readonly userId: string;
  readonly groupId: string;
  readonly sizeBytes: string;
  readonly linkCount: string;
  /** Seconds since 1970 with nine digits behind the point. */
  readonly modifiedAt: string;
  readonly major: string;
  readonly minor: string;
  readonly sha256: string;
  readonly target: string;
}

const kinds = { file: "regular file", folder: "directory", link: "symbolic link", "character device": "character special file", "block device": "block special file", pipe: "fifo", socket: "socket" } as const;

/** All that lies in a file system, by name in base64; folders without sizes, which every file system counts in its own way. */
export async function listAll(fileSystem: FileSystem): Promise<Map<string, ListedFile>> {
  const files = new Map<string, ListedFile>();
  for await (const entry of fileSystem.walk()) {
    const name = encodeName(entry.path).toString("base64");
    files.set(name, await listed(fileSystem, entry, name));
  }
  return files;
}

async function listed(fileSystem: FileSystem, entry: FileEntry, name: string): Promise<ListedFile> {
  const seconds = Math.floor((entry.modifiedAt?.getTime() ?? 0) / 1000);
  const total = BigInt(seconds) * 1_000_000_000n + BigInt(entry.modifiedNanoseconds ?? 0);
  const digits = String(total < 0n ? -total : total).padStart(10, "0");
  return {
    name,
    kind: kinds[entry.kind],
    mode: (entry.mode ?? 0).toString(8),
    userId: String(entry.userId),
    groupId: String(entry.groupId),
    sizeBytes: entry.kind === "folder" ? "" : String(entry.sizeBytes),
    linkCount: String(entry.linkCount),
    modifiedAt: `${total < 0n ? "-" : ""}${digits.slice(0, -9)}.${digits.slice(-9)}`,
    major: String(entry.device?.major ?? 0),
    minor: String(entry.device?.minor ?? 0),
    sha256: entry.kind === "file" ? await digestOf(fileSystem, entry.path) : "",
    target: entry.linkTarget ?? "",
  };
}

async function digestOf(fileSystem: FileSystem, path: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const piece of fileSystem.read(path)) hash.update(piece);
  return hash.digest("hex");
}
