import { HoldfastError } from "../../errors/index.js";
import { thawNeeded } from "./thaw-needed.js";
import type { PackReference } from "../format/dictionary-page.js";
import { objectNames } from "../format/object-names.js";
import { frameOpening, type OpenedBlock } from "../pack/frame-codec.js";
import { openHere, type FrameOpener } from "../pack/sealing/frame-opener.js";
import type { Relocations } from "../relocation/relocations.js";
import type { RepositoryContext, SignalOptions } from "../repository-context.js";
import { isCorruption, isDamage } from "../store/damage.js";
import { getPinned } from "../store/get-pinned.js";
import { planRanges, type FrameRange, type LocatedBlock } from "./frame-ranges.js";
import type { RangeMemory } from "./range-memory.js";

/** Relocations that lead to relocations: more than compaction ever makes, and an end where they lead in a circle. */
const maxRelocationSteps = 8;

/** What frames are read with. */
export interface FrameSource {
  readonly context: RepositoryContext;
  readonly relocations: Relocations;
}

/** What became of the search for a block. */
export type FoundFrame =
  | { readonly block: LocatedBlock; readonly opened: OpenedBlock; readonly isRelocated: boolean }
  /** Neither at its place nor anywhere that a relocation names: what the read at its place raised. */
  | { readonly block: LocatedBlock; readonly opened?: undefined; readonly error: HoldfastError };

interface LostBlock {
  readonly block: LocatedBlock;
  readonly error: HoldfastError;
}

/** How frames are read and opened. */
export interface ReadOptions extends SignalOptions {
  /** Who opens them. By default the calling thread. */
  readonly opener?: FrameOpener | undefined;
  /** Memory for what is read, used again for the next range; by default it is new each time. */
  readonly memory?: RangeMemory | undefined;
}

/**
 * Reads a range of a pack and opens its frames, several at the same time where the opener can; they come in the range's order. One that does not open is read again
 * alone, for it may have been spoiled on its way; one that is gone or damaged is looked for where relocations say, and proven by its block id.
 */
export async function* findFrames(source: FrameSource, reference: PackReference, range: FrameRange, options: ReadOptions, steps = 0): AsyncGenerator<FoundFrame> {
  const { context } = source;
  const name = objectNames.pack(reference.id);
  const lost: LostBlock[] = [];
  for await (const { block, found: first } of openRange(context, reference, range, options)) {
    let found = first;
    if (isCorruption(found)) {
      const { offset, length } = block.location;
      const again = await readBytes(context, reference, offset, offset + length, options);
      // here: it must not wait for room that the frames after it hold
      found = Buffer.isBuffer(again) ? await open(context, again, block, {}) : again;
      if (!isDamage(found)) context.logger.warn("a frame came damaged once and whole when it was read again: something between here and the store spoils data", { object: name, offset });
    }
    if (isDamage(found)) lost.push({ block, error: found });
    else yield { block, opened: found, isRelocated: steps > 0 };
  }
  if (lost.length > 0) yield* findRelocated(source, name, lost, options, steps);
}

/** Every block of a range in order, opened, or why it is gone or damaged. */
async function* openRange(context: RepositoryContext, reference: PackReference, range: FrameRange, options: ReadOptions): AsyncGenerator<{ readonly block: LocatedBlock; readonly found: OpenedBlock | HoldfastError }> {
  const lengthBytes = range.end - range.start;
  const lent = options.memory?.take(lengthBytes);
  const bytes = await readBytes(context, reference, range.start, range.end, options, lent?.subarray(0, lengthBytes));
  const begun: Promise<OpenedBlock | HoldfastError>[] = [];
  let next = 0;
  try {
    for (const block of range.blocks) {
      const until = Math.min(range.blocks.length, next + 1 + (options.opener?.lookAhead ?? 0));
      for (const ahead of range.blocks.slice(begun.length, until)) {
        const { offset, length } = ahead.location;
        const opening = Buffer.isBuffer(bytes) ? open(context, bytes.subarray(offset - range.start, offset - range.start + length), ahead, options) : Promise.resolve(bytes);
        // what is not waited for any more is raised by nobody
        opening.catch(() => undefined);
        begun.push(opening);
      }
      const found = await begun[next++];
      if (found !== undefined) yield { block, found };
    }
  } finally {
    for (const left of await Promise.allSettled(begun.slice(next))) if (left.status === "fulfilled" && !isDamage(left.value)) left.value.release?.();
    // memory that a failed read was to fill is not used again
    if (lent !== undefined && Buffer.isBuffer(bytes)) options.memory?.give(lent);
  }
}

/** Looks for blocks in the places that relocations of their pack name, the newest first. */
async function* findRelocated(source: FrameSource, packName: string, lost: readonly LostBlock[], options: ReadOptions, steps: number): AsyncGenerator<FoundFrame> {
  const relocations = steps < maxRelocationSteps ? await source.relocations.of(packName, options) : [];
  let missing = new Map(lost.map((one) => [one.block, one]));
  for (const relocation of relocations) {
    if (missing.size === 0) break;
    const still = new Map(missing);
    const wanted = [...missing.keys()].flatMap((block) => {
      const to = relocation.find(block.location.offset);
      return to === undefined ? [] : [{ block, to }];
    });
    // the places as located blocks, a pack's position among the relocation's standing for its ordinal
    const origins = new Map<LocatedBlock, LocatedBlock>();
    for (const { block, to } of wanted) {
      const { reference, offset, length, compression } = to;
      origins.set({ index: block.index, location: { blockId: block.location.blockId, ordinal: relocation.packs.indexOf(reference), offset, length, compression } }, block);
    }
    for (const range of planRanges([...origins.keys()])) {
      const reference = relocation.packs[range.ordinal];
      if (reference === undefined) continue;
      for await (const found of findFrames(source, reference, range, options, steps + 1)) {
        const block = origins.get(found.block);
        if (block === undefined || found.opened === undefined) continue;
        still.delete(block);
        yield { block, opened: found.opened, isRelocated: true };
      }
    }
    missing = still;
  }
  for (const { block, error } of missing.values()) yield { block, error };
}

/** The bytes, or why they are gone or damaged; everything else is raised. */
async function readBytes({ store }: RepositoryContext, { id, versionId }: PackReference, start: number, end: number, { signal }: SignalOptions, into?: Buffer): Promise<Buffer | HoldfastError> {
  try {
    return (await getPinned(store, objectNames.pack(id), { range: { offset: start, length: end - start }, versionId, signal, into })).body;
  } catch (error) {
    if (HoldfastError.isInstance(error) && error.code === "ObjectArchived") throw thawNeeded(`the pack ${objectNames.pack(id)} lies`, { object: objectNames.pack(id) }, error);
    if (!isDamage(error)) throw error;
    return error;
  }
}

async function open({ keys }: RepositoryContext, frame: Buffer, { location }: LocatedBlock, { opener = openHere, signal }: ReadOptions): Promise<OpenedBlock | HoldfastError> {
  try {
    return await opener.open(frameOpening(keys, frame, location), frame, signal);
  } catch (error) {
    if (!isCorruption(error)) throw error;
    return error;
  }
}
