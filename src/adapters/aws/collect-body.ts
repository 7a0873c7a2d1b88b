import { Readable } from "node:stream";
import { DamagedAnswer } from "./damaged-answer.js";

/**
 * Reads an answer's body of known length into one buffer; fewer or more bytes are a `DamagedAnswer` (`ObjectTruncated`,
 * `TransferDamaged`). `body` is the stream of a client on Node.
 */
export async function collectBody(body: unknown, lengthBytes: number, what: string): Promise<Buffer> {
  if (lengthBytes === 0) {
    discardBody(body);
    return Buffer.alloc(0);
  }
  if (!isStream(body)) throw new DamagedAnswer("ObjectTruncated", `${what}: the answer has no body, ${lengthBytes} bytes were announced`);
  const bytes = Buffer.allocUnsafe(lengthBytes);
  let filled = 0;
  for await (const chunk of body) {
    if (filled + chunk.length > lengthBytes) throw new DamagedAnswer("TransferDamaged", `${what}: more than the announced ${lengthBytes} bytes arrived`);
    bytes.set(chunk, filled);
    filled += chunk.length;
  }
  if (filled < lengthBytes) throw new DamagedAnswer("ObjectTruncated", `${what}: ${filled} of ${lengthBytes} bytes arrived`);
  return bytes;
}

/** Lets go of a body that nobody reads, and of its connection. */
export function discardBody(body: unknown): void {
  if (!(body instanceof Readable)) return;
  // What a stream says when it is thrown away concerns nobody.
  body.on("error", () => undefined);
  body.destroy();
}

function isStream(body: unknown): body is AsyncIterable<Uint8Array> {
  return typeof body === "object" && body !== null && Symbol.asyncIterator in body;
}
