import { HoldfastError, IntegrityError } from "../errors/index.js";
import type { BlockChange, BlockReader, CallOptions, Random } from "../ports/index.js";
import type { CheckpointEntry } from "../repository/format/checkpoint.js";
import type { Checkpoint } from "../repository/writer/checkpoints.js";
import type { VolumeWriter } from "../repository/writer/volume-writer.js";
import { ListedReferences, type BlockToRead } from "./damaged-blocks.js";

/** Blocks taken over that are read after all and compared, where another snapshot was read than this run's. */
const audited = 8;

export interface ResumeOptions extends CallOptions {
  readonly random: Random;
  /** Whether a list of changes since the earlier snapshot may be relied on; else only the very same snapshot serves. */
  readonly mayCompare: boolean;
}

/** What is taken over from an earlier run. */
export interface ResumePlan {
  readonly checkpoint: Checkpoint;
  /** What changed between the earlier run's snapshot and this one's, as a list that was begun. */
  readonly since: AsyncIterator<BlockChange> | undefined;
  readonly first: IteratorResult<BlockChange> | undefined;
}

/** Chooses the checkpoint to go on from: the one that covers most, of those that this source can be compared with. */
export async function planResume(reader: BlockReader, checkpoints: readonly Checkpoint[], { mayCompare, signal }: ResumeOptions): Promise<ResumePlan | undefined> {
  for (const checkpoint of checkpoints) {
    if (checkpoint.source === reader.source) return { checkpoint, since: undefined, first: undefined };
    if (!mayCompare || reader.changesSince === undefined) continue;
    const since = reader.changesSince(checkpoint.source, { signal })[Symbol.asyncIterator]();
    try {
      return { checkpoint, since, first: await since.next() };
    } catch (error) {
      // that snapshot is gone, or of another line: what was read of it cannot be told from what is there now
      if (!(HoldfastError.isInstance(error) && (error.code === "UnrelatedSnapshots" || error.name === "NotFoundError"))) throw error;
    }
  }
  return undefined;
}

/**
 * The blocks of a run that goes on from a checkpoint, ascending: what changed since, what is taken over, what of it the
 * repository does not hold and so is read again; and from where the checkpoint ends, what `rest` names.
 */
export async function* resumedBlocks(reader: BlockReader, writer: VolumeWriter, plan: ResumePlan, rest: (startIndex: number) => AsyncIterable<BlockChange>, options: ResumeOptions): AsyncGenerator<BlockToRead> {
  const references = new ListedReferences(reader, options);
  const sample = new Sample(plan.since === undefined ? 0 : audited, options.random);
  let changed = plan.first;
  let reached = 0;
  const before = async function* (limit: number): AsyncGenerator<BlockChange> {
    for (; changed?.done === false && changed.value.index < limit; changed = await plan.since?.next()) yield changed.value;
  };
  try {
    for await (const { entries, to } of plan.checkpoint.parts(options)) {
      for (const entry of entries) {
        const { index, content } = entry;
        yield* before(index);
        if (changed?.done === false && changed.value.index === index) {
          yield* before(index + 1);
          continue;
        }
        const isHeld = await writer.holds(entry);
        const reference = isHeld ? undefined : await references.find(index);
        if (isHeld) sample.offer(entry);
        yield { index, ...(isHeld && { known: content }), ...(reference !== undefined && { reference }) };
      }
      yield* before(to);
      reached = to;
    }
  } finally {
    await plan.since?.return?.();
    await references.close();
  }
  await audit(reader, writer, plan.checkpoint, sample.entries, options);
  // a source may list from before where it was told to begin
  for await (const change of rest(reached)) if (change.index >= reached) yield change;
}

/** A changed-block list that leaves something out would be carried over unseen: some of what was taken over is read. */
async function audit(reader: BlockReader, writer: VolumeWriter, checkpoint: Checkpoint, entries: readonly CheckpointEntry[], options: CallOptions): Promise<void> {
  const references = new ListedReferences(reader, options);
  try {
    for (const { index, content } of [...entries].sort((a, b) => a.index - b.index)) {
      const reference = await references.find(index);
      if (reference !== undefined && writer.checkpoints.isContent(await reader.read(reference, options), content)) continue;
      if (reference === undefined && typeof content === "string") continue;
      throw new IntegrityError(
        `The changed-block list from ${checkpoint.source} to ${reader.source} left out block ${String(index)}, which did change. Nothing was committed. Run a full backup once (policy.run({ full: true })), and report this to the provider.`,
        { code: "WrongChangedBlockList", context: { source: reader.source, block: index } },
      );
    }
  } finally {
    await references.close();
  }
}

/** A few of many, each as likely as any other (reservoir sampling). */
class Sample {
  readonly entries: CheckpointEntry[] = [];
  readonly #size: number;
  readonly #random: Random;
  #offered = 0;

  constructor(size: number, random: Random) {
    this.#size = size;
    this.#random = random;
  }

  offer(entry: CheckpointEntry): void {
    this.#offered++;
    if (this.entries.length < this.#size) this.entries.push(entry);
    else {
      const place = Math.floor(this.#random.fraction() * this.#offered);
      if (place < this.#size) this.entries[place] = entry;
    }
  }
}
