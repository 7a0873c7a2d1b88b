import type { CallOptions } from "../../../ports/index.js";
import type { FileEntry } from "../file-entry.js";
import { damagedFileSystem } from "../file-errors.js";
import { encodeName } from "../file-name.js";
import type { FileSystemReader } from "../file-system-reader.js";
import { entriesFrom } from "../walk.js";
import { padding, tarBlockBytes, tarEnd, tarHeaders, type TarMember } from "./tar-header.js";

/**
 * What lies at a path as a tar stream in pax format: names as they are, byte for byte, owners, modes, times to the nanosecond, links
 * as links, further names of a file as hard links, and files with holes as sparse files (GNU format 1.0). Sockets have no place in a tar.
 */
export async function* tarOf(reader: FileSystemReader, path: string, options: CallOptions = {}): AsyncGenerator<Buffer> {
  const top = await reader.stat(path, options);
  const names = new Map<string, Buffer>();
  // names begin where the path ends, so that unpacking makes what was asked for and not the way to it
  const skipped = top.path.length - top.name.length;
  for await (const entry of entriesFrom(reader, top, options)) {
    if (entry.kind === "socket") continue;
    const name = encodeName(entry.path.slice(skipped));
    const known = entry.kind === "file" && (entry.linkCount ?? 1) > 1 && entry.inode !== undefined ? names.get(entry.inode) : undefined;
    if (known !== undefined) {
      yield* tarHeaders({ ...factsOf(entry), name, type: "hardLink", sizeBytes: 0, linkTarget: known });
    } else if (entry.kind === "file") {
      if (entry.inode !== undefined) names.set(entry.inode, name);
      yield* tarFile(reader, entry, name, options);
    } else {
      const linkTarget = entry.linkTarget === undefined ? undefined : encodeName(entry.linkTarget);
      yield* tarHeaders({ ...factsOf(entry), name: entry.kind === "folder" ? Buffer.concat([name, Buffer.from("/")]) : name, type: entry.kind, sizeBytes: 0, linkTarget });
    }
  }
  yield tarEnd();
}

async function* tarFile(reader: FileSystemReader, entry: FileEntry, name: Buffer, options: CallOptions): AsyncGenerator<Buffer> {
  const ranges = (await reader.dataRanges?.(entry.path, options)) ?? [{ start: 0, end: entry.sizeBytes }];
  const dataBytes = ranges.reduce((sum, { start, end }) => sum + end - start, 0);
  if (dataBytes === entry.sizeBytes) {
    yield* tarHeaders({ ...factsOf(entry), name, type: "file", sizeBytes: entry.sizeBytes });
    yield* exactly(reader.read(entry.path, options), entry.sizeBytes, entry.path);
    yield padding(entry.sizeBytes);
    return;
  }
  // GNU's sparse format 1.0: the map of what is data comes first in the data, filled up to a block
  const listed = [...ranges, { start: entry.sizeBytes, end: entry.sizeBytes }];
  const text = Buffer.from([listed.length, ...listed.flatMap(({ start, end }) => [start, end - start])].map((value) => `${String(value)}\n`).join(""));
  const map = Buffer.concat([text, padding(text.length)]);
  const records = { "GNU.sparse.major": Buffer.from("1"), "GNU.sparse.minor": Buffer.from("0"), "GNU.sparse.name": name, "GNU.sparse.realsize": Buffer.from(String(entry.sizeBytes)) };
  yield* tarHeaders({ ...factsOf(entry), name, type: "file", sizeBytes: map.length + dataBytes, records });
  yield map;
  for (const { start, end } of ranges) yield* exactly(reader.read(entry.path, { ...options, start, end }), end - start, entry.path);
  yield padding(dataBytes + (map.length % tarBlockBytes));
}

/** A tar says a file's size before its bytes: one that has other bytes would spoil all that follows. */
async function* exactly(pieces: AsyncIterable<Buffer>, sizeBytes: number, path: string): AsyncGenerator<Buffer> {
  let sent = 0;
  for await (const piece of pieces) {
    sent += piece.length;
    if (sent > sizeBytes) break;
    yield piece;
  }
  if (sent !== sizeBytes) throw damagedFileSystem(`"${path}" has another size than it says`);
}

const defaultModes = { folder: 0o755, other: 0o644 } as const;

function factsOf(entry: FileEntry): Omit<TarMember, "name" | "type" | "sizeBytes"> {
  return {
    mode: entry.mode ?? (entry.kind === "folder" ? defaultModes.folder : defaultModes.other),
    userId: entry.userId ?? 0,
    groupId: entry.groupId ?? 0,
    modifiedAt: entry.modifiedAt ?? new Date(0),
    modifiedNanoseconds: entry.modifiedNanoseconds ?? 0,
    ...(entry.extendedAttributes !== undefined && { attributes: entry.extendedAttributes }),
    ...(entry.device !== undefined && { device: entry.device }),
  };
}
