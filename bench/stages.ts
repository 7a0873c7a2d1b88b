// What each stage of the road costs alone, in processor seconds per GiB of blocks, on one thread. npm run bench:stages -- [--size MIB]
import { createCipheriv, createDecipheriv, createHash, randomBytes } from "node:crypto";
import { mkdtemp, open, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { blockSizeBytes } from "../src/ports/index.js";
import { blockCompression } from "../src/repository/pack/compression.js";
import { sealBlock } from "../src/repository/pack/frame-codec.js";
import { makeDiskImages } from "./disk-image.js";

const { size } = parseArgs({ options: { size: { type: "string", default: "256" } } }).values;
const blocksPerGib = 2 ** 30 / blockSizeBytes;
const warmUpBlocks = 16;
const blocks = await readBlocks(Number(size));
const rows: { readonly stage: string; readonly "CPU s/GiB": string; readonly ratio: string }[] = [];

const key = randomBytes(32);
const nonce = randomBytes(12);
const other = Buffer.alloc(blockSizeBytes);
measure("copy", (block) => block.copy(other));
measure("SHA-256", (block) => createHash("sha256").update(block).digest().length);
for (const level of [-5, -3, 1, 2, 3]) {
  measure(`zstd ${String(level)}`, (block) => blockCompression.compress(block, level).length, true);
  const compressed = new Map(blocks.map((block) => [block, blockCompression.compress(block, level)]));
  measure(`zstd ${String(level)}, decompress`, (block) => blockCompression.decompress(compressed.get(block) ?? block).length);
}
measure("AES-256-GCM, seal", (block) => {
  const cipher = createCipheriv("aes-256-gcm", key, nonce);
  const { length } = cipher.update(block);
  cipher.final();
  return length;
});
measure("AES-256-GCM, open without its tag", (block) => createDecipheriv("aes-256-gcm", key, nonce).update(block).length);
for (const level of [-5, 1, 3]) measure(`a frame, level ${String(level)}: compressed, sealed, opened, compared`, (block) => sealBlock({ repositoryId: randomBytes(16), blockId: randomBytes(16), key, level }, block).length, true);
console.table(rows);

function measure(stage: string, work: (block: Buffer) => number, hasRatio = false): void {
  for (const block of blocks.slice(0, warmUpBlocks)) work(block);
  const before = process.cpuUsage();
  const bytes = blocks.reduce((sum, block) => sum + work(block), 0);
  const { user, system } = process.cpuUsage(before);
  const seconds = ((user + system) / 1e6) * (blocksPerGib / blocks.length);
  rows.push({ stage, "CPU s/GiB": seconds.toFixed(2), ratio: hasRatio ? ((blocks.length * blockSizeBytes) / bytes).toFixed(2) : "" });
}

async function readBlocks(sizeMib: number): Promise<Buffer[]> {
  const folder = await mkdtemp(join(tmpdir(), "holdfast-stages-"));
  try {
    const { firstPath } = await makeDiskImages(folder, sizeMib);
    const image = await open(firstPath);
    const found: Buffer[] = [];
    for (let offset = 0; offset < sizeMib * 2 ** 20; offset += blockSizeBytes) {
      const block = Buffer.allocUnsafeSlow(blockSizeBytes);
      await image.read(block, 0, blockSizeBytes, offset);
      if (block.some((byte) => byte !== 0)) found.push(block);
    }
    await image.close();
    return found;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
