import { notHttp } from "./http-error.js";

const lineEnd = "\r\n";
/** A chunk's line is its length and perhaps an extension; what trails the last chunk are headers. */
const maxLineBytes = 1_024;
const maxTrailerBytes = 16_384;

/** Puts the chunks of a body together (RFC 9112, section 7.1). What was walked is not walked again, in however many pieces the body comes. */
export class ChunkedBody {
  readonly #chunks: { readonly start: number; readonly end: number }[] = [];
  /** Where the next chunk begins, or what trails the last one. */
  #at = 0;
  #isLast = false;

  /** The body out of all bytes that came so far; `undefined` where it is not whole yet. Raises `NetworkFailure` where they are no chunks. */
  read(bytes: Buffer): Buffer | undefined {
    while (!this.#isLast) {
      const size = this.#sizeLine(bytes);
      if (size === undefined) return undefined;
      if (size.lengthBytes === 0) {
        this.#isLast = true;
        // the end of this line may be the end of it all
        this.#at = size.end - lineEnd.length;
        break;
      }
      const end = size.end + size.lengthBytes;
      if (bytes.length < end + lineEnd.length) return undefined;
      this.#chunks.push({ start: size.end, end });
      this.#at = end + lineEnd.length;
    }
    const rest = bytes.subarray(this.#at);
    if (rest.indexOf(lineEnd + lineEnd, 0, "latin1") >= 0) return Buffer.concat(this.#chunks.map(({ start, end }) => bytes.subarray(start, end)));
    if (rest.length > maxTrailerBytes) throw notHttp("what trails its body is too long");
    return undefined;
  }

  #sizeLine(bytes: Buffer): { readonly lengthBytes: number; readonly end: number } | undefined {
    const line = bytes.subarray(this.#at, this.#at + maxLineBytes);
    const length = line.indexOf(lineEnd, 0, "latin1");
    if (length === -1 && line.length < maxLineBytes) return undefined;
    const size = /^([0-9a-f]{1,6})(?:;.*)?$/i.exec(line.toString("latin1", 0, Math.max(0, length)))?.[1];
    if (size === undefined) throw notHttp("a chunk has no length");
    return { lengthBytes: Number.parseInt(size, 16), end: this.#at + length + lineEnd.length };
  }
}
