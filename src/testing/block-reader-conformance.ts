import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { HoldfastError } from "../errors/index.js";
import { blockSizeBytes, type BlockChange, type BlockReader, type BlockReference } from "../ports/index.js";
import { blockOf, contentAt, type BlockContent } from "./block-content.js";

/** What a reader is to be opened over. */
export interface BlockReaderContent {
  readonly volumeSizeBytes: number;
  readonly blocks: BlockContent;
  /** An earlier state of the same volume, for readers that tell changes. */
  readonly base: BlockContent;
}

/** A reader over the content that was asked for. */
export interface OpenedBlockReader {
  readonly reader: BlockReader;
  /** The id of the earlier state; left out by readers that tell no changes. */
  readonly baseId?: string | undefined;
  /** An id of the right form that names no earlier state of the volume. */
  readonly strangeBaseId?: string | undefined;
}

/** How a `BlockReader` is held to its contract. */
export interface BlockReaderConformanceOptions {
  /** Declares a test: vitest's or node:test's `test`, or anything with their form. */
  readonly test: (name: string, run: () => Promise<void>) => unknown;
  /** Opens a new reader over the content. What it makes is the caller's to remove after the tests. */
  readonly open: (content: BlockReaderContent) => Promise<OpenedBlockReader>;
  /** The volume's size: a whole number of GiB where the reader knows no other (default 16 MiB, at least that). */
  readonly volumeSizeBytes?: number | undefined;
}

const defaultSizeBytes = 32 * blockSizeBytes;

/**
 * The contract of `BlockReader` as tests: names are sentences, failures are those of `node:assert`. Runs with any framework.
 *
 * @example
 * describe("raw image", () => {
 *   blockReaderConformance({ test: it, open: async ({ blocks }) => ({ reader: await openMine(blocks) }) });
 * });
 */
export function blockReaderConformance({ test, open, volumeSizeBytes = defaultSizeBytes }: BlockReaderConformanceOptions): void {
  const last = volumeSizeBytes / blockSizeBytes - 1;
  const base: BlockContent = new Map([0, 1, 2, 7, 12, 20].map((index) => [index, blockOf(`base ${index}`)]));
  const blocks: BlockContent = new Map([...base, [1, blockOf("new 1")], [3, blockOf("new 3")], [12, Buffer.alloc(blockSizeBytes)], [last, blockOf("new last")]]);
  const withReader = async (run: (opened: OpenedBlockReader) => Promise<void>, content: Partial<BlockReaderContent> = {}): Promise<void> => {
    const opened = await open({ volumeSizeBytes, blocks, base, ...content });
    try {
      await run(opened);
    } finally {
      await opened.reader.close();
    }
  };

  test("knows its source and the volume's size", async () => {
    await withReader(async ({ reader }) => {
      assert.equal(reader.volumeSizeBytes, volumeSizeBytes);
      assert.notEqual(reader.source, "");
    });
  });

  test("lists every block that holds data, ascending, once, within the volume", async () => {
    await withReader(async ({ reader }) => {
      const indexes = (await collect(reader.blocks())).map(({ index }) => index);
      assertAscending(indexes, last);
      assert.deepEqual(dataIn(indexes, blocks), dataIn(blocks.keys(), blocks));
    });
  });

  test("reads what was written, byte for byte, with its SHA-256", async () => {
    await withReader(async ({ reader }) => {
      for await (const reference of reader.blocks()) await assertReads(reader, reference, blocks);
    });
  });

  test("reads many blocks at the same time, in any order", async () => {
    await withReader(async ({ reader }) => {
      const references = await collect(reader.blocks());
      await Promise.all([...references, ...references].reverse().map((reference) => assertReads(reader, reference, blocks)));
    });
  });

  test("lists from a given block on, and nothing from behind the end", async () => {
    await withReader(async ({ reader }) => {
      const indexes = (await collect(reader.blocks({ startIndex: 2 }))).map(({ index }) => index);
      assert.ok(indexes.every((index) => index >= 2));
      assert.deepEqual(dataIn(indexes, blocks), dataIn(blocks.keys(), blocks).filter((index) => index >= 2));
      assert.deepEqual((await collect(reader.blocks({ startIndex: last }))).map(({ index }) => index), [last]);
      assert.deepEqual(await collect(reader.blocks({ startIndex: last + 1 })), []);
    });
  });

  test("lists nothing of an empty volume", async () => {
    await withReader(async ({ reader }) => {
      assert.deepEqual(await collect(reader.blocks()), []);
    }, { blocks: new Map(), base: new Map() });
  });

  test("gives the same listing again, also while another is under way, and after one was left", async () => {
    await withReader(async ({ reader }) => {
      const first: number[] = [];
      for await (const { index } of reader.blocks()) {
        first.push(index);
        for await (const left of reader.blocks()) {
          assert.equal(left.index, first[0]);
          break;
        }
      }
      assert.deepEqual((await collect(reader.blocks())).map(({ index }) => index), first);
    });
  });

  test("ends a listing with the signal's reason when aborted", async () => {
    await withReader(async ({ reader }) => {
      const reason = new Error("enough");
      await assert.rejects(collect(reader.blocks({ signal: AbortSignal.abort(reason) })), (error) => error === reason);
    });
  });

  test("reads or rejects with the signal's reason when aborted", async () => {
    await withReader(async ({ reader }) => {
      const reason = new Error("enough");
      for await (const reference of reader.blocks()) {
        const result = await reader.read(reference, { signal: AbortSignal.abort(reason) }).catch((error: unknown) => error);
        if (result !== reason) assert.equal((result as { readonly index: number }).index, reference.index);
      }
    });
  });

  test("tells what changed since an earlier state, where it tells changes at all", async () => {
    await withReader(async ({ reader, baseId }) => {
      if (baseId === undefined || reader.changesSince === undefined) return;
      const changes = await collect(reader.changesSince(baseId));
      assertAscending(changes.map(({ index }) => index), last);
      await assertLeadsFrom(base, changes, { reader, blocks });
      const later = (await collect(reader.changesSince(baseId, { startIndex: 2 }))).map(({ index }) => index);
      assert.deepEqual(later, changes.map(({ index }) => index).filter((index) => index >= 2));
    });
  });

  test("says that the changes since a strange state cannot be told", async () => {
    await withReader(async ({ reader, strangeBaseId }) => {
      if (strangeBaseId === undefined || reader.changesSince === undefined) return;
      await assert.rejects(collect(reader.changesSince(strangeBaseId)), (error) => HoldfastError.isInstance(error) && (error.code === "UnrelatedSnapshots" || error.name === "NotFoundError"));
    });
  });
}

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
}

/** Indexes whose blocks are not all zeros: those that are may be listed or not. */
function dataIn(indexes: Iterable<number>, content: BlockContent): number[] {
  return [...indexes].filter((index) => contentAt(content, index).some((byte) => byte !== 0)).sort((a, b) => a - b);
}

function assertAscending(indexes: readonly number[], last: number): void {
  for (const [position, index] of indexes.entries()) {
    assert.ok(Number.isSafeInteger(index) && index >= 0 && index <= last, `${index} is no index of the volume`);
    assert.ok(position === 0 || index > (indexes[position - 1] ?? 0), `${index} comes after ${String(indexes[position - 1])}`);
  }
}

async function assertReads(reader: BlockReader, reference: BlockReference, content: BlockContent): Promise<void> {
  const { index, data, sha256 } = await reader.read(reference);
  assert.equal(index, reference.index);
  assert.ok(data.equals(contentAt(content, index)), `block ${index} has other bytes than were written`);
  assert.ok(sha256.equals(createHash("sha256").update(data).digest()), `block ${index} comes with a wrong SHA-256`);
}

/** The changes, applied to the base, must give the new state; what did not change may be named too. */
async function assertLeadsFrom(base: BlockContent, changes: readonly BlockChange[], { reader, blocks }: { readonly reader: BlockReader; readonly blocks: BlockContent }): Promise<void> {
  const result = new Map(base);
  for (const { index, reference } of changes) {
    if (reference === undefined) result.delete(index);
    else result.set(index, (await reader.read(reference)).data);
  }
  for (const index of new Set([...result.keys(), ...blocks.keys()])) assert.ok(contentAt(result, index).equals(contentAt(blocks, index)), `the changes do not lead to block ${index}`);
}
