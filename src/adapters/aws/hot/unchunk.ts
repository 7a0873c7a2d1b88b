import { notHttp } from "./http-error.js";

/** Puts the chunks of a whole body together (RFC 9112, section 7.1); `undefined` where it is not whole yet. */
export function unchunk(bytes: Buffer): Buffer | undefined {
  const chunks: Buffer[] = [];
  for (let offset = 0; ; ) {
    const lineEnd = bytes.indexOf("\r\n", offset, "latin1");
    if (lineEnd === -1) return undefined;
    const size = /^([0-9a-f]{1,6})(?:;.*)?$/i.exec(bytes.toString("latin1", offset, lineEnd))?.[1];
    if (size === undefined) throw notHttp("a chunk has no length");
    const length = Number.parseInt(size, 16);
    const end = lineEnd + 2 + length;
    if (length === 0) return bytes.indexOf("\r\n\r\n", lineEnd, "latin1") === -1 ? undefined : Buffer.concat(chunks);
    if (bytes.length < end + 2) return undefined;
    chunks.push(bytes.subarray(lineEnd + 2, end));
    offset = end + 2;
  }
}
