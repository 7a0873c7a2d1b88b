import type { ServerResponse } from "node:http";
import { once } from "node:events";
import { Readable } from "node:stream";
import type { WireResponse } from "./call.js";
import { BodyCut, withBodyFault } from "./faults/body-fault.js";
import type { BodyFault } from "./faults/body-fault.js";

export interface SendAnswerOptions {
  readonly isHead: boolean;
  readonly mustClose: boolean;
  readonly fault: BodyFault | undefined;
  readonly signal: AbortSignal;
}

/** Sends an answer; resolves with the bytes of its body that went out, once they all did or the connection is gone. */
export async function sendAnswer(target: ServerResponse, answer: WireResponse, options: SendAnswerOptions): Promise<number> {
  const { body } = answer;
  const headers: Record<string, string | number> = { server: "holdfast-local", ...answer.headers };
  if (options.mustClose) headers["connection"] = "close";
  if (options.isHead) {
    if (body instanceof Readable) body.destroy();
    target.writeHead(answer.status, headers);
    target.end();
    return 0;
  }
  if (!(body instanceof Readable)) {
    const bytes = body ?? new Uint8Array(0);
    delete headers["Content-Length"];
    if (answer.status !== 204 && answer.status !== 304) headers["content-length"] = bytes.byteLength;
    target.writeHead(answer.status, headers);
    if (options.fault !== undefined && bytes.byteLength > 0) {
      return await sendChunks(target, withBodyFault([bytes], bytes.byteLength, options.fault, options.signal), options.signal);
    }
    target.end(bytes);
    return bytes.byteLength;
  }
  target.writeHead(answer.status, headers);
  const length = Number(answer.headers["Content-Length"] ?? 0);
  if (options.fault !== undefined) return await sendChunks(target, withBodyFault(body, length, options.fault, options.signal), options.signal);
  return await sendChunks(target, body, options.signal);
}

async function sendChunks(target: ServerResponse, chunks: AsyncIterable<Uint8Array>, signal: AbortSignal): Promise<number> {
  let sentBytes = 0;
  // The head goes out even where the fault comes before the first byte of the body.
  target.flushHeaders();
  try {
    for await (const chunk of chunks) {
      sentBytes += chunk.byteLength;
      if (!target.write(chunk)) await once(target, "drain", { signal });
    }
    target.end();
  } catch (error) {
    if (!(error instanceof BodyCut)) {
      // The status is out already, so a failing body can only be shown by a broken connection.
      target.socket?.destroy();
      if (!signal.aborted) throw error;
    } else if (error.deed === "reset") {
      target.socket?.resetAndDestroy();
    } else {
      // What was written goes out first; then the connection ends in good order, short of the promised length.
      target.socket?.end();
    }
  }
  return sentBytes;
}
