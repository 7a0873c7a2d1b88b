import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { pipeline } from "node:stream/promises";

/** Fails unless the second file begins with the bytes of the first (a volume has whole GiB, an image need not): a figure of a restore that restored something else is worth nothing. */
export async function expectSameFiles(first: string, second: string): Promise<void> {
  const { size } = await stat(first);
  const [a, b] = await Promise.all([digest(first, size), digest(second, size)]);
  if (a !== b) throw new Error(`${second} is not what ${first} is.`);
}

async function digest(path: string, sizeBytes: number): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(path, { end: sizeBytes - 1 }), hash);
  return hash.digest("hex");
}
