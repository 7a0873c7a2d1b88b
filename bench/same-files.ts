import { open } from "node:fs/promises";

const pieceBytes = 4 * 2 ** 20;

/** Fails unless the second file begins with the bytes of the first (a volume has whole GiB, an image need not): a figure of a restore that restored something else is worth nothing. */
export async function expectSameFiles(first: string, second: string): Promise<void> {
  await using one = await open(first);
  await using other = await open(second);
  const { size } = await one.stat();
  const [expected, found] = [Buffer.alloc(pieceBytes), Buffer.alloc(pieceBytes)];
  for (let offset = 0; offset < size; offset += pieceBytes) {
    const length = Math.min(pieceBytes, size - offset);
    const reads = await Promise.all([one.read(expected, 0, length, offset), other.read(found, 0, length, offset)]);
    const isWhole = reads.every(({ bytesRead }) => bytesRead === length);
    if (!isWhole || !expected.subarray(0, length).equals(found.subarray(0, length))) throw new Error(`${second} is not what ${first} is: they differ between bytes ${String(offset)} and ${String(offset + length)}.`);
  }
}
