import type { BlockLocation } from "../format/leaf.js";
import { objectNames } from "../format/object-names.js";
import { openFrame } from "../pack/frame-codec.js";
import { isDamage } from "../store/damage.js";
import type { Relocations } from "../relocation/relocations.js";
import type { RepositoryContext, SignalOptions } from "../repository-context.js";

/** Whether a run that was cut short has copied this frame already: a relocation says where, and what lies there opens as this very block. */
export async function isCopied({ store, keys }: RepositoryContext, relocations: Relocations, packName: string, location: BlockLocation, options: SignalOptions): Promise<boolean> {
  for (const { reference, offset, length, compression } of await relocations.places(packName, location.offset, options)) {
    try {
      const { body } = await store.get(objectNames.pack(reference.id), { range: { offset, length }, versionId: reference.versionId, ...options });
      openFrame(keys, body, { blockId: location.blockId, length, compression });
      return true;
    } catch (error) {
      if (!isDamage(error)) throw error;
    }
  }
  return false;
}
