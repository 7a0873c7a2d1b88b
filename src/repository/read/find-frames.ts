import { HoldfastError } from "../../errors/index.js";
import { thawNeeded } from "../archive/thaw-needed.js";
import type { PackReference } from "../format/dictionary-page.js";
import { objectNames } from "../format/object-names.js";
import { openFrame, type OpenedBlock } from "../pack/frame-codec.js";
import type { Relocations } from "../relocation/relocations.js";
import type { RepositoryContext, SignalOptions } from "../repository-context.js";
import { isCorruption, isDamage } from "./damage.js";
import { getPinned } from "./get-pinned.js";
import { planRanges, type FrameRange, type LocatedBlock } from "./frame-ranges.js";

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

/**
 * Reads a range of a pack and opens its frames. One that does not open is read again alone, for it may have been spoiled on
 * its way; one that is gone or damaged is looked for where relocations say, and proven by its block id.
 */
export async function* findFrames(source: FrameSource, reference: PackReference, range: FrameRange, options: SignalOptions, steps = 0): AsyncGenerator<FoundFrame> {
  const { context } = source;
  const name = objectNames.pack(reference.id);
  const lost: LostBlock[] = [];
  const bytes = await readBytes(context, reference, range.start, range.end, options);
  for (const block of range.blocks) {
    const { offset, length } = block.location;
    let found = Buffer.isBuffer(bytes) ? open(context, bytes.subarray(offset - range.start, offset - range.start + length), block) : bytes;
    if (isCorruption(found)) {
      const again = await readBytes(context, reference, offset, offset + length, options);
      found = Buffer.isBuffer(again) ? open(context, again, block) : again;
      if (!isDamage(found)) context.logger.warn("a frame came damaged once and whole when it was read again: something between here and the store spoils data", { object: name, offset });
    }
    if (isDamage(found)) lost.push({ block, error: found });
    else yield { block, opened: found, isRelocated: steps > 0 };
  }
  if (lost.length > 0) yield* findRelocated(source, name, lost, options, steps);
}

/** Looks for blocks in the places that relocations of their pack name, the newest first. */
async function* findRelocated(source: FrameSource, packName: string, lost: readonly LostBlock[], options: SignalOptions, steps: number): AsyncGenerator<FoundFrame> {
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
async function readBytes({ store }: RepositoryContext, { id, versionId }: PackReference, start: number, end: number, { signal }: SignalOptions): Promise<Buffer | HoldfastError> {
  try {
    return (await getPinned(store, objectNames.pack(id), { range: { offset: start, length: end - start }, versionId, signal })).body;
  } catch (error) {
    if (HoldfastError.isInstance(error) && error.code === "ObjectArchived") throw thawNeeded(`the pack ${objectNames.pack(id)} lies`, { object: objectNames.pack(id) }, error);
    if (!isDamage(error)) throw error;
    return error;
  }
}

function open({ keys }: RepositoryContext, frame: Buffer, { location }: LocatedBlock): OpenedBlock | HoldfastError {
  try {
    return openFrame(keys, frame, location);
  } catch (error) {
    if (!isCorruption(error)) throw error;
    return error;
  }
}
