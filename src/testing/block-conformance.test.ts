import { mkdtemp, open, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterAll, beforeAll, describe, it } from "vitest";
import { RawImageReader } from "../adapters/directory/raw-image-reader.js";
import { RawImageWriter } from "../adapters/directory/raw-image-writer.js";
import { blockSizeBytes } from "../ports/index.js";
import { blockReaderConformance } from "./block-reader-conformance.js";
import { blockWriterConformance } from "./block-writer-conformance.js";

let folder: string;
let images = 0;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "holdfast-block-conformance-"));
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

function newPath(): string {
  images += 1;
  return join(folder, `${images}.img`);
}

describe("a raw image that is read", () => {
  blockReaderConformance({
    test: it,
    open: async ({ volumeSizeBytes, blocks }) => {
      const path = newPath();
      const image = await open(path, "w");
      await image.truncate(volumeSizeBytes);
      for (const [index, data] of blocks) await image.write(data, 0, data.length, index * blockSizeBytes);
      await image.close();
      return { reader: await RawImageReader.open(path) };
    },
  });
});

describe("a raw image that is written", () => {
  blockWriterConformance({
    test: it,
    open: async ({ volumeSizeBytes }) => {
      const path = newPath();
      const readBack = async (index: number): Promise<Buffer> => {
        const image = await open(path, "r");
        try {
          return (await image.read(Buffer.alloc(blockSizeBytes), 0, blockSizeBytes, index * blockSizeBytes)).buffer;
        } finally {
          await image.close();
        }
      };
      return { writer: await RawImageWriter.open({ path, sizeBytes: volumeSizeBytes }), readBack, exists: async () => (await readdir(folder)).some((name) => name.startsWith(basename(path))) };
    },
  });
});
