import { decodeDirectory, directoryEntryBytes, encodeDirectory, type DirectoryEntry } from "../format/pack-directory.js";

/** What a data pack holds, as compact as its directory: 28 bytes a block. */
export class PackContents {
  readonly #bytes: Buffer;

  constructor(entries: readonly DirectoryEntry[]) {
    // a copy of its own: the entries' block ids may be views of a buffer that is much larger
    this.#bytes = Buffer.from(encodeDirectory(entries));
  }

  get memoryBytes(): number {
    return this.#bytes.length;
  }

  /** Where the block with this very id lies, all 16 bytes compared. */
  find(blockId: Buffer): DirectoryEntry | undefined {
    for (let at = this.#bytes.indexOf(blockId); at >= 0; at = this.#bytes.indexOf(blockId, at + 1)) {
      if (at % directoryEntryBytes !== 0) continue;
      const [entry] = decodeDirectory(Buffer.from(this.#bytes.subarray(at, at + directoryEntryBytes)), 1);
      return entry;
    }
    return undefined;
  }
}
