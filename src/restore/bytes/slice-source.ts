import type { CallOptions } from "../../ports/index.js";
import type { ByteSource, Extent } from "./byte-source.js";

/** A part of another source: a partition. */
export class SliceSource implements ByteSource {
  readonly sizeBytes: number;
  /** Where it begins in the source that it was cut from. */
  readonly offset: number;
  readonly #source: ByteSource;

  constructor(source: ByteSource, offset: number, sizeBytes: number) {
    this.#source = source;
    this.offset = offset;
    this.sizeBytes = sizeBytes;
  }

  async read(offset: number, length: number, options?: CallOptions): Promise<Buffer> {
    return await this.#source.read(this.offset + offset, length, options);
  }

  async extents(offset: number, length: number, options?: CallOptions): Promise<Extent[]> {
    return await this.#source.extents(this.offset + offset, length, options);
  }
}
