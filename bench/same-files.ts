import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { pipeline } from "node:stream/promises";

/** Fails unless two files hold the same bytes: a figure of a restore that restored something else is worth nothing. */
export async function expectSameFiles(first: string, second: string): Promise<void> {
  const [a, b] = await Promise.all([digest(first), digest(second)]);
  if (a !== b) throw new Error(`${second} is not what ${first} is.`);
}

async function digest(path: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(path), hash);
  return hash.digest("hex");
}
