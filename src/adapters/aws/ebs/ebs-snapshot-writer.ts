import { ConfigurationError, ConflictError, HoldfastError, IllegalStateError, ProviderError } from "../../../errors/index.js";
import { blockSizeBytes, type BlockData, type BlockWriter, type CallOptions, type Traffic } from "../../../ports/index.js";
import { CallTraffic } from "../call-traffic.js";
import type { SnapshotDoorContext } from "../snapshot-door-context.js";
import { completeSnapshot } from "./complete-snapshot.js";
import { DigestLog } from "./digest-log.js";
import { putBlock } from "./put-block.js";
import { stateAfter } from "./snapshot-state.js";

/** How long a snapshot is waited for whose completion was refused after an answer had been lost. */
const doubtfulForMs = 15 * 60_000;

export interface EbsSnapshotWriterOptions {
  readonly snapshotId: string;
  readonly volumeSizeBytes: number;
  /** When the snapshot was started, by the monotonic clock. */
  readonly startedAtMs: number;
  readonly isWaitedForElsewhere?: boolean | undefined;
  /** How long it lives with nothing written. */
  readonly timeoutMinutes: number;
}

/** What a finished snapshot is. */
export interface WrittenSnapshot {
  readonly snapshotId: string;
}

/**
 * An EBS snapshot being written through EBS direct.
 *
 * EBS checks each block's SHA-256, and at the end their number and the checksum over all of them. Memory stays below 17 MiB
 * for the largest volume: digests beyond that lie in a nameless temporary file (32 bytes a block, 4 GiB at most). A
 * process that dies goes on by starting again with the same client token, or by naming the snapshot, and writing the blocks that are not known to be
 * written (`earlierBlocks` counts the others: their digests are gone, so that EBS then compares the number alone); what is left alone EBS gives up after 60 minutes, or as many as the request said.
 */
export class EbsSnapshotWriter implements BlockWriter<WrittenSnapshot> {
  readonly target: string;
  readonly #door: SnapshotDoorContext;
  readonly #options: EbsSnapshotWriterOptions;
  readonly #digests = new DigestLog();
  readonly #traffic: CallTraffic;
  #state: "writing" | "completing" | "completed" | "aborted" = "writing";

  constructor(door: SnapshotDoorContext, options: EbsSnapshotWriterOptions) {
    this.target = options.snapshotId;
    this.#door = door;
    this.#options = options;
    this.#traffic = new CallTraffic(door.calls, { region: door.region, resource: options.snapshotId });
  }

  get writesInFlight(): number {
    return this.#door.calls.window({ service: "ebs", operation: "PutSnapshotBlock", region: this.#door.region, resource: this.target });
  }

  get traffic(): Traffic {
    return this.#traffic.counts;
  }

  async write(block: BlockData, { signal }: CallOptions = {}): Promise<void> {
    this.#assertWriting();
    this.#checkBlock(block);
    try {
      await putBlock(this.#door, this.#options, block, signal);
    } catch (error) {
      throw await this.#explain(error, { signal });
    }
    // A digest that comes in after the end would belong to nothing.
    this.#assertWriting();
    this.#digests.set(block.index, block.sha256);
  }

  /** Resolves when the snapshot can be used, however long EBS takes: give a signal. `ProviderError` (`SnapshotFailed`) when it ends in error. */
  async complete(options: CallOptions & { readonly earlierBlocks?: number | undefined } = {}): Promise<WrittenSnapshot> {
    if (this.#state !== "completing") this.#assertWriting();
    this.#state = "completing";
    const snapshotId = this.target;
    try {
      const { doubt } = await completeSnapshot(this.#door, snapshotId, this.#digests, options);
      // where somebody else waits, that one also learns whether a doubtful call has sealed it
      if (this.#options.isWaitedForElsewhere !== true) await this.#waitUntilCompleted(doubt, options);
    } catch (error) {
      throw await this.#explain(error, options);
    }
    this.#state = "completed";
    this.#digests.close();
    this.#traffic.close();
    return { snapshotId };
  }

  /** Deletes the unfinished snapshot. Nothing happens to one that is completed. */
  async abort(): Promise<void> {
    if (this.#state === "completed") return;
    this.#state = "aborted";
    this.#digests.close();
    this.#traffic.close();
    await this.#door.compute.deleteSnapshot(this.target);
  }

  async #waitUntilCompleted(doubt: unknown, { signal }: CallOptions): Promise<void> {
    const { compute, clock } = this.#door;
    if (doubt === undefined) {
      await compute.waitForSnapshot(this.target, { signal });
      return;
    }
    if ((await compute.snapshot(this.target, { signal })).state === "completed") return;
    // Either the call whose answer was lost sealed the snapshot, and it will be completed; or it never arrived, and the refusal is right.
    const patience = new AbortController();
    const giveUp = (): void => {
      patience.abort(signal?.reason);
    };
    signal?.throwIfAborted();
    signal?.addEventListener("abort", giveUp, { once: true });
    const limit = clock.sleep(doubtfulForMs, patience.signal).then(
      () => {
        patience.abort(new ProviderError(`ebs:CompleteSnapshot on ${this.target} in ${this.#door.region}: the answer was lost, the repeated call refused, and the snapshot is still not completed after ${doubtfulForMs / 60_000} minutes. Restore again; what is left behind is removed (ec2:DeleteSnapshot) or ends by itself.`, {
          code: "SnapshotFailed", service: "ebs", operation: "CompleteSnapshot", context: { snapshotId: this.target, region: this.#door.region }, cause: doubt,
        }));
      },
      () => undefined,
    );
    try {
      await compute.waitForSnapshot(this.target, { signal: patience.signal });
    } finally {
      signal?.removeEventListener("abort", giveUp);
      patience.abort(new Error("the snapshot is not waited for any more"));
      await limit;
    }
  }

  #checkBlock({ index, data, sha256 }: BlockData): void {
    const { volumeSizeBytes, snapshotId } = this.#options;
    const isInVolume = Number.isSafeInteger(index) && index >= 0 && index * blockSizeBytes < volumeSizeBytes;
    if (isInVolume && data.length === blockSizeBytes && sha256.length === 32) return;
    const what = isInVolume ? `has ${data.length} bytes and a digest of ${sha256.length}, but must have ${blockSizeBytes} and 32` : `is not in the volume, which has ${volumeSizeBytes / blockSizeBytes} blocks`;
    throw new ConfigurationError(`Block ${index} for ${snapshotId} ${what}.`, { code: "InvalidBlock", context: { snapshotId, block: index } });
  }

  #assertWriting(): void {
    if (this.#state === "writing") return;
    throw new IllegalStateError(`The snapshot ${this.target} is ${this.#state}: start another one to write more.`, { code: "WriterClosed", context: { snapshotId: this.target, state: this.#state } });
  }

  /** Refused because the snapshot is none to be written any more: EBS direct itself only says that the request is not valid. */
  async #explain(error: unknown, options: CallOptions): Promise<unknown> {
    const { region } = this.#door;
    if (HoldfastError.isInstance(error) && error.code === "SnapshotNotFound") return this.#lost("is not there any more", error);
    const state = await stateAfter(this.#door, this.target, error, options);
    if (state === "error") return this.#lost("has failed", error);
    if (state !== "completed") return error;
    return new ConflictError(`The snapshot ${this.target} in ${region} is completed already: somebody else wrote with the same client token. Use it, or start another with another token.`, {
      code: "SnapshotNotWritable",
      context: { snapshotId: this.target, region, state },
      cause: error,
    });
  }

  #lost(what: string, cause: unknown): ConflictError {
    return new ConflictError(
      `The snapshot ${this.target} in ${this.#door.region} ${what}, so it cannot be written: it was deleted, or EBS gave it up because nothing was written for ${String(this.#options.timeoutMinutes)} minutes. Start another with another client token.`,
      { code: "SnapshotNotWritable", context: { snapshotId: this.target, region: this.#door.region }, cause },
    );
  }
}
