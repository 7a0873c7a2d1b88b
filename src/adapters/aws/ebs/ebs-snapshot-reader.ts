import { HoldfastError, IllegalStateError, ProviderError } from "../../../errors/index.js";
import { invalidOption } from "../../../options/option-error.js";
import { blockSizeBytes, type BlockChange, type BlockData, type BlockReader, type CallOptions, type Traffic } from "../../../ports/index.js";
import { CallTraffic } from "../call-traffic.js";
import type { SnapshotDoorContext } from "../snapshot-door-context.js";
import { BlockBuffers } from "../../block-buffers.js";
import { BlockTokens, type EbsBlockReference } from "./block-tokens.js";
import { unrelated } from "./fetch-page.js";
import { blockTokenRefused, getBlock } from "./get-block.js";
import { GoneBlocks } from "./gone-blocks.js";
import { invalidListing } from "./listing-page.js";
import { checkSnapshotId } from "./snapshot-id.js";
import { notCompleted } from "./snapshot-state.js";
import { walkListing } from "./walk-listing.js";
import { zeroBlockData } from "./zero-block.js";

/** Where a listing begins, and what ends it early. */
export interface ListingOptions extends CallOptions {
  readonly startIndex?: number | undefined;
}

export interface EbsSnapshotReaderOptions {
  readonly snapshotId: string;
  readonly volumeSizeBytes: number;
}

/**
 * A completed EBS snapshot, read through EBS direct.
 *
 * Listings stream, one page ahead, and outlive their tokens: of pages (60 minutes) and of blocks (7 days). A block that the
 * listing does not name reads as zeros. What is delivered has been checked against the SHA-256 that EBS sends along; blocks
 * of zeros all share one buffer, so never write into a block.
 */
export class EbsSnapshotReader implements BlockReader {
  readonly source: string;
  readonly volumeSizeBytes: number;
  readonly #door: SnapshotDoorContext;
  readonly #tokens: BlockTokens;
  readonly #traffic: CallTraffic;
  readonly #buffers = new BlockBuffers();
  #isClosed = false;

  constructor(door: SnapshotDoorContext, { snapshotId, volumeSizeBytes }: EbsSnapshotReaderOptions) {
    this.source = snapshotId;
    this.volumeSizeBytes = volumeSizeBytes;
    this.#door = door;
    this.#tokens = new BlockTokens(door, snapshotId);
    this.#traffic = new CallTraffic(door.calls, { region: door.region, resource: snapshotId });
  }

  get readsInFlight(): number {
    return this.#door.calls.window({ service: "ebs", operation: "GetSnapshotBlock", region: this.#door.region, resource: this.source });
  }

  get traffic(): Traffic {
    return this.#traffic.counts;
  }

  async *blocks(options: ListingOptions = {}): AsyncGenerator<EbsBlockReference> {
    const startIndex = this.#startOf(options);
    if (startIndex === undefined) return;
    for await (const { blocks } of walkListing(this.#door, { snapshotId: this.source }, { startIndex, signal: options.signal })) {
      for (const { index, token } of blocks) yield { index, token };
    }
  }

  async *changesSince(base: string, options: ListingOptions = {}): AsyncGenerator<BlockChange> {
    checkSnapshotId("base", base);
    const startIndex = this.#startOf(options);
    if (startIndex === undefined) return;
    const gone = new GoneBlocks(this.#door, this.source);
    try {
      for await (const { blocks } of walkListing(this.#door, { snapshotId: this.source, base }, { startIndex, signal: options.signal })) {
        for (const { index, token } of blocks) {
          const reference: EbsBlockReference | undefined = token === undefined ? await gone.findStill(index, options.signal) : { index, token, base };
          yield reference === undefined ? { index } : { index, reference };
        }
      }
    } catch (error) {
      throw await this.#explain(error, base, options);
    }
  }

  async read(reference: EbsBlockReference, { signal }: CallOptions = {}): Promise<BlockData> {
    this.#assertOpen();
    const { index } = reference;
    const token = this.#tokens.current(reference) ?? (await this.#tokens.renew(reference, undefined, signal));
    if (token === undefined) return zeroBlockData(index);
    try {
      return await getBlock(this.#door, { snapshotId: this.source, index, token }, this.#buffers, signal);
    } catch (error) {
      if (!(HoldfastError.isInstance(error) && error.code === blockTokenRefused)) throw error;
      const renewed = await this.#tokens.renew(reference, token, signal);
      if (renewed === undefined) throw this.#notListedAgain(reference);
      return await getBlock(this.#door, { snapshotId: this.source, index, token: renewed }, this.#buffers, signal);
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#traffic.close();
  }

  /** The first index, if it lies in the volume at all. */
  #startOf({ startIndex = 0, signal }: ListingOptions): number | undefined {
    this.#assertOpen();
    signal?.throwIfAborted();
    if (!Number.isSafeInteger(startIndex) || startIndex < 0) throw invalidOption("startIndex", startIndex, "must be a block's index, 0 or more.");
    return startIndex * blockSizeBytes < this.volumeSizeBytes ? startIndex : undefined;
  }

  #assertOpen(): void {
    if (this.#isClosed) throw new IllegalStateError(`The reader of ${this.source} is closed: open another.`, { code: "ReaderClosed", context: { snapshotId: this.source } });
  }

  /** A base that failed, or is not completed, is refused in words that say nothing of it. */
  async #explain(error: unknown, base: string, options: CallOptions): Promise<unknown> {
    const why = await notCompleted(this.#door, base, error, options);
    return why === undefined ? error : unrelated(this.#door, this.source, base, `${base} is ${why}, not completed`);
  }

  #notListedAgain({ index, base }: EbsBlockReference): ProviderError {
    const listing = base === undefined ? "the blocks" : `the changes since ${base}`;
    return new ProviderError(`Block ${index} of ${this.source} in ${this.#door.region} was listed, its token refused, and then it was not among ${listing} any more: the first listing cannot be trusted. Start again.`, {
      code: invalidListing,
      retryable: true,
      service: "ebs",
      operation: base === undefined ? "ListSnapshotBlocks" : "ListChangedBlocks",
      context: { snapshotId: this.source, block: index, region: this.#door.region },
    });
  }
}
