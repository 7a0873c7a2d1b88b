import { Readable } from "node:stream";
import { createDeflateRaw } from "node:zlib";
import { crc32 } from "../../../repository/format/crc32.js";
import type { CallOptions } from "../../../ports/index.js";
import type { FileEntry } from "../file-entry.js";
import { damagedFileSystem } from "../file-errors.js";
import { encodeName } from "../file-name.js";
import type { FileSystemReader } from "../file-system-reader.js";
import { entriesFrom } from "../walk.js";
import { centralDirectory, dataDescriptor, localHeader, type WrittenMember, type ZipMember } from "./zip-headers.js";

/** From here on sizes get eight bytes: what does not compress grows a little. */
const largeBytes = 0xf000_0000;
/** The kinds that a zip can hold, with their bits of a Unix mode. */
const kindBits = { file: 0o100000, folder: 0o040000, link: 0o120000 } as const;
const defaultModes = { folder: 0o755, other: 0o644 } as const;

/**
 * What lies at a path as a zip stream: files deflated, folders, links as links, with modes and times. Owners, hard links, devices and pipes have no
 * place in a zip; a tar has them. Names that are no UTF-8 get U+FFFD for what is none.
 */
export async function* zipOf(reader: FileSystemReader, path: string, options: CallOptions = {}): AsyncGenerator<Buffer> {
  const top = await reader.stat(path, options);
  const skipped = top.path.length - top.name.length;
  const members: WrittenMember[] = [];
  let offset = 0;
  for await (const entry of entriesFrom(reader, top, options)) {
    if (entry.kind !== "file" && entry.kind !== "folder" && entry.kind !== "link") continue;
    const member: ZipMember = {
      name: Buffer.from(`${encodeName(entry.path.slice(skipped)).toString()}${entry.kind === "folder" ? "/" : ""}`),
      isCompressed: entry.kind === "file" && entry.sizeBytes > 0,
      mode: kindBits[entry.kind] | (entry.mode ?? (entry.kind === "folder" ? defaultModes.folder : defaultModes.other)),
      modifiedAt: entry.modifiedAt ?? new Date(0),
      isLarge: entry.sizeBytes >= largeBytes,
    };
    const start = offset;
    const header = localHeader(member);
    offset += header.length;
    yield header;
    const content = new MemberContent(contentOf(reader, entry, options));
    let storedBytes = 0;
    for await (const piece of member.isCompressed ? content.deflated() : content.pieces()) {
      storedBytes += piece.length;
      yield piece;
    }
    // the sizes' width was chosen by what the file system said
    if (content.sizeBytes !== (entry.kind === "file" ? entry.sizeBytes : content.sizeBytes)) throw damagedFileSystem(`"${entry.path}" has another size than it says`);
    const written = { ...member, crc: content.crc, sizeBytes: content.sizeBytes, storedBytes, offset: start };
    const descriptor = dataDescriptor(written);
    offset += storedBytes + descriptor.length;
    members.push(written);
    yield descriptor;
  }
  yield* centralDirectory(members, offset);
}

async function* contentOf(reader: FileSystemReader, entry: FileEntry, options: CallOptions): AsyncGenerator<Buffer> {
  if (entry.kind === "file") yield* reader.read(entry.path, options);
  else if (entry.kind === "link") yield encodeName(entry.linkTarget ?? "");
}

/** A member's bytes on their way, counted and summed. */
class MemberContent {
  crc = 0;
  sizeBytes = 0;
  readonly #source: AsyncIterable<Buffer>;

  constructor(source: AsyncIterable<Buffer>) {
    this.#source = source;
  }

  async *pieces(): AsyncGenerator<Buffer> {
    for await (const piece of this.#source) {
      this.crc = crc32(piece, this.crc);
      this.sizeBytes += piece.length;
      yield piece;
    }
  }

  /** A failure of the source ends the stream with that failure. */
  async *deflated(): AsyncGenerator<Buffer> {
    const source = Readable.from(this.pieces());
    const deflate = createDeflateRaw();
    source.once("error", (error) => deflate.destroy(error));
    source.pipe(deflate);
    try {
      for await (const piece of deflate) yield piece as Buffer;
    } finally {
      source.destroy();
    }
  }
}
