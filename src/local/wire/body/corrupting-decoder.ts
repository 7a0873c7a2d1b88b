import type { BodyDecoder } from "./body-decoder.js";

/** Flips one bit of one byte on its way in, as a broken network would. */
export class CorruptingDecoder implements BodyDecoder {
  readonly #inner: BodyDecoder;
  #bytesUntilFlip: number;

  constructor(inner: BodyDecoder, offset: number) {
    this.#inner = inner;
    this.#bytesUntilFlip = offset;
  }

  get trailers(): Readonly<Record<string, string>> {
    return this.#inner.trailers;
  }

  write(chunk: Buffer, emit: (data: Buffer) => void): void {
    const at = this.#bytesUntilFlip;
    if (at >= 0 && at < chunk.length) {
      const flipped = Buffer.from(chunk);
      flipped.writeUInt8(flipped.readUInt8(at) ^ 1, at);
      this.#inner.write(flipped, emit);
    } else {
      this.#inner.write(chunk, emit);
    }
    this.#bytesUntilFlip -= chunk.length;
  }

  end(): void {
    this.#inner.end();
  }
}
