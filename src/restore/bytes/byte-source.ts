import type { CallOptions } from "../../ports/index.js";

/** A run of bytes that hold data, or that are all zero and stored nowhere. */
export interface Extent {
  readonly lengthBytes: number;
  readonly isHole: boolean;
}

/** Bytes to read at random: a volume of a restore point, a partition of it, a logical volume, an overlay. */
export interface ByteSource {
  readonly sizeBytes: number;
  /** Exactly `length` bytes from `offset` on; the caller keeps within the size. Proven bytes, or an error. */
  read(offset: number, length: number, options?: CallOptions): Promise<Buffer>;
  /** What of a range is data, in order, without reading it. The last extent may end before the range does, never behind it. */
  extents(offset: number, length: number, options?: CallOptions): Promise<Extent[]>;
}

/** Appends a run to `extents`, to the last one where that is of the same kind. */
export function addExtent(extents: Extent[], lengthBytes: number, isHole: boolean): void {
  const last = extents.at(-1);
  if (last?.isHole === isHole) extents[extents.length - 1] = { lengthBytes: last.lengthBytes + lengthBytes, isHole };
  else extents.push({ lengthBytes, isHole });
}
