import assert from "node:assert/strict";
import { blockSizeBytes, type BlockWriter } from "../ports/index.js";
import { blockDataOf, blockOf, contentAt, type BlockContent } from "./block-content.js";

/** A writer of a new volume, and how to see what became of it. */
export interface OpenedBlockWriter {
  readonly writer: BlockWriter;
  /** Reads a block of the completed volume, by another way than the writer where there is one. */
  readonly readBack: (index: number) => Promise<Buffer>;
  /** Whether anything of the volume is there, also unfinished. */
  readonly exists: () => Promise<boolean>;
}

/** How a `BlockWriter` is held to its contract. */
export interface BlockWriterConformanceOptions {
  /** Declares a test: vitest's or node:test's `test`, or anything with their form. */
  readonly test: (name: string, run: () => Promise<void>) => unknown;
  /** Opens a writer of a new volume. What it makes is the caller's to remove after the tests. */
  readonly open: (volume: { readonly volumeSizeBytes: number }) => Promise<OpenedBlockWriter>;
  /** The volume's size: a whole number of GiB where the writer knows no other (default 16 MiB, at least that). */
  readonly volumeSizeBytes?: number | undefined;
}

const defaultSizeBytes = 32 * blockSizeBytes;

/**
 * The contract of `BlockWriter` as tests: names are sentences, failures are those of `node:assert`. Runs with any framework.
 *
 * @example
 * describe("raw image", () => {
 *   blockWriterConformance({ test: it, open: async ({ volumeSizeBytes }) => await openMine(volumeSizeBytes) });
 * });
 */
export function blockWriterConformance({ test, open, volumeSizeBytes = defaultSizeBytes }: BlockWriterConformanceOptions): void {
  const last = volumeSizeBytes / blockSizeBytes - 1;
  const content: BlockContent = new Map([0, 1, 5, 6, 19, last].map((index) => [index, blockOf(`written ${index}`)]));

  const assertWritten = async (opened: OpenedBlockWriter, written: BlockContent): Promise<void> => {
    for (const index of new Set([...content.keys(), 2, 18, last - 1])) assert.ok((await opened.readBack(index)).equals(contentAt(written, index)), `block ${index} is not what was written`);
  };

  test("writes blocks in any order", async () => {
    const opened = await open({ volumeSizeBytes });
    assert.notEqual(opened.writer.target, "");
    for (const [index, data] of [...content].reverse()) await opened.writer.write(blockDataOf(index, data));
    await opened.writer.complete();
    assert.ok(await opened.exists());
    await assertWritten(opened, content);
  });

  test("writes many blocks at the same time", async () => {
    const opened = await open({ volumeSizeBytes });
    await Promise.all([...content].map(([index, data]) => opened.writer.write(blockDataOf(index, data))));
    await opened.writer.complete();
    await assertWritten(opened, content);
  });

  test("writes blocks of zeros like others", async () => {
    const opened = await open({ volumeSizeBytes });
    await opened.writer.write(blockDataOf(1, Buffer.alloc(blockSizeBytes)));
    await opened.writer.write(blockDataOf(5, contentAt(content, 5)));
    await opened.writer.complete();
    await assertWritten(opened, new Map([[5, contentAt(content, 5)]]));
  });

  test("completes a volume into which nothing was written", async () => {
    const opened = await open({ volumeSizeBytes });
    await opened.writer.complete();
    await assertWritten(opened, new Map());
  });

  test("leaves nothing behind when it gives up", async () => {
    const opened = await open({ volumeSizeBytes });
    await opened.writer.write(blockDataOf(0, contentAt(content, 0)));
    await opened.writer.abort();
    assert.equal(await opened.exists(), false);
  });

  test("writes or rejects with the signal's reason when aborted", async () => {
    const opened = await open({ volumeSizeBytes });
    const reason = new Error("enough");
    const result = await opened.writer.write(blockDataOf(0, contentAt(content, 0)), { signal: AbortSignal.abort(reason) }).catch((error: unknown) => error);
    assert.ok(result === undefined || result === reason);
    await opened.writer.abort();
  });
}
