import type { CallOptions } from "../../../ports/index.js";
import { addExtent, type ByteSource, type Extent } from "../../bytes/byte-source.js";

/** A run of a logical volume, on one physical volume or striped over several. */
export interface Segment {
  readonly start: number;
  readonly sizeBytes: number;
  readonly stripes: readonly { readonly source: ByteSource; readonly offset: number }[];
  /** How much lies on one stripe before the next one goes on. */
  readonly stripeBytes: number;
}

interface Piece {
  readonly source: ByteSource;
  readonly offset: number;
  readonly length: number;
}

/** A logical volume, read from where its segments lie. */
export class LogicalVolumeSource implements ByteSource {
  readonly sizeBytes: number;
  readonly #segments: readonly Segment[];

  /** `segments`: ascending, without a gap, from 0 on. */
  constructor(segments: readonly Segment[]) {
    this.#segments = segments;
    this.sizeBytes = segments.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  }

  async read(offset: number, length: number, options?: CallOptions): Promise<Buffer> {
    const parts: Buffer[] = [];
    for (const piece of this.#pieces(offset, length)) parts.push(await piece.source.read(piece.offset, piece.length, options));
    const [only] = parts;
    return parts.length === 1 && only !== undefined ? only : Buffer.concat(parts);
  }

  async extents(offset: number, length: number, options?: CallOptions): Promise<Extent[]> {
    const extents: Extent[] = [];
    for (const piece of this.#pieces(offset, length)) {
      let answered = 0;
      for (const { lengthBytes, isHole } of await piece.source.extents(piece.offset, piece.length, options)) {
        addExtent(extents, lengthBytes, isHole);
        answered += lengthBytes;
      }
      if (answered < piece.length) break;
    }
    return extents;
  }

  *#pieces(offset: number, length: number): Generator<Piece> {
    const end = offset + length;
    for (const { start, sizeBytes, stripes, stripeBytes } of this.#segments) {
      for (let at = Math.max(offset, start); at < Math.min(end, start + sizeBytes); ) {
        const within = at - start;
        const row = Math.floor(within / (stripeBytes * stripes.length));
        const stripe = stripes[Math.floor(within / stripeBytes) % stripes.length];
        if (stripe === undefined) return;
        const inStripe = within % stripeBytes;
        const piece = Math.min(stripeBytes - inStripe, Math.min(end, start + sizeBytes) - at);
        yield { source: stripe.source, offset: stripe.offset + row * stripeBytes + inStripe, length: piece };
        at += piece;
      }
    }
  }
}
