import { Readable } from "node:stream";
import { blockSizeBytes } from "../../../ports/index.js";
import { DamagedAnswer } from "../damaged-answer.js";

/** Reads a block's body into one buffer. Raises `DamagedAnswer` where it is longer or shorter than a block. */
export async function readBlockBody(body: unknown, signal: AbortSignal): Promise<Buffer> {
  const data = Buffer.allocUnsafeSlow(blockSizeBytes);
  let filled = 0;
  for await (const chunk of chunksOf(body, signal)) {
    if (filled + chunk.length > blockSizeBytes) throw new DamagedAnswer("BlockLength", `the block is longer than ${blockSizeBytes} bytes`);
    data.set(chunk, filled);
    filled += chunk.length;
  }
  if (filled !== blockSizeBytes) throw new DamagedAnswer("BlockLength", `the block has ${filled} bytes, but must have ${blockSizeBytes}`);
  return data;
}

/** Reads a body off and drops it: the connection lives on, which costs less than half a block more on a new one. */
export async function dropBlockBody(body: unknown, signal: AbortSignal): Promise<void> {
  for await (const chunk of chunksOf(body, signal)) if (chunk.length === 0) continue;
}

async function* chunksOf(body: unknown, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  if (!(body instanceof Readable)) throw new DamagedAnswer("BlockLength", "the answer has no body");
  const giveUp = (): void => {
    body.destroy(signal.reason instanceof Error ? signal.reason : new Error("aborted"));
  };
  if (signal.aborted) giveUp();
  signal.addEventListener("abort", giveUp, { once: true });
  try {
    for await (const chunk of body as AsyncIterable<unknown>) {
      if (!(chunk instanceof Uint8Array)) throw new DamagedAnswer("BlockLength", "the body does not come as bytes");
      yield chunk;
    }
  } finally {
    signal.removeEventListener("abort", giveUp);
  }
}
