import { open, type FileHandle } from "node:fs/promises";
import { IntegrityError } from "../../errors/index.js";
import type { ByteSource, Extent } from "./byte-source.js";

/** A raw image as a source: all of it counts as data, for what of a file is a hole cannot be asked here. */
export class FileSource implements ByteSource {
  readonly sizeBytes: number;
  readonly #file: FileHandle;

  private constructor(file: FileHandle, sizeBytes: number) {
    this.#file = file;
    this.sizeBytes = sizeBytes;
  }

  static async open(path: string): Promise<FileSource> {
    const file = await open(path, "r");
    return new FileSource(file, (await file.stat()).size);
  }

  async read(offset: number, length: number): Promise<Buffer> {
    const bytes = Buffer.alloc(length);
    for (let done = 0; done < length; ) {
      const { bytesRead } = await this.#file.read(bytes, done, length - done, offset + done);
      if (bytesRead === 0) throw new IntegrityError("A restored image ends before its size: somebody else changed it while it was verified. Verify again.", { code: "ImageTruncated" });
      done += bytesRead;
    }
    return bytes;
  }

  async extents(_offset: number, length: number): Promise<Extent[]> {
    return await Promise.resolve([{ lengthBytes: length, isHole: false }]);
  }

  async close(): Promise<void> {
    await this.#file.close();
  }
}
