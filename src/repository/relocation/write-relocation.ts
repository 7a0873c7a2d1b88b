import { objectNames, relocationNumber } from "../format/object-names.js";
import { freshLock } from "../locks/read-store-time.js";
import type { RepositoryContext, SignalOptions } from "../repository-context.js";
import { maxRelocatedFrames, sealRelocation, type RelocatedFrame } from "./relocation.js";
import { isConditionFailed } from "../store/store-answers.js";

/** Says where frames of a pack are found, in the next free relocation of that pack. What they point to must be stored by now. */
export async function writeRelocation(context: RepositoryContext, packName: string, frames: readonly RelocatedFrame[], options: SignalOptions = {}): Promise<void> {
  // of two places for one frame, the last that was told counts
  const sorted = [...new Map(frames.map((frame) => [frame.offset, frame])).values()].sort((a, b) => a.offset - b.offset);
  for (let start = 0; start < sorted.length; start += maxRelocatedFrames) await putNext(context, packName, sorted.slice(start, start + maxRelocatedFrames), options);
}

async function putNext(context: RepositoryContext, packName: string, frames: readonly RelocatedFrame[], options: SignalOptions): Promise<void> {
  let last = 0;
  for await (const { name } of context.store.list(objectNames.relocations(packName), options)) last = Math.max(last, relocationNumber(name) ?? 0);
  for (;;) {
    const name = objectNames.relocation(packName, ++last);
    try {
      await context.store.put(name, sealRelocation(context.keys, name, frames), { condition: "absent", lock: await freshLock(context, options), ...options });
      return;
    } catch (error) {
      // taken by another, or by this very one whose reply was lost: then it is there twice, which harms nothing
      if (!isConditionFailed(error)) throw error;
    }
  }
}
