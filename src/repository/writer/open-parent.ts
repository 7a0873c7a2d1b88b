import { BlockMap } from "../map/block-map.js";
import type { StreamHead } from "../points/read-stream.js";
import type { RepositoryContext, SignalOptions } from "../repository-context.js";
import { isDamage } from "../store/damage.js";

/** The newest point's map, or nothing where it is damaged: then a full backup heals the stream. */
export async function openParent(context: RepositoryContext, head: StreamHead, options: SignalOptions): Promise<BlockMap | undefined> {
  if (head.point === undefined) return undefined;
  try {
    return await BlockMap.open(context, head.point, options);
  } catch (error) {
    if (!isDamage(error)) throw error;
    context.logger.warn("the newest point's block map cannot be read; a full backup is taken", { error: error.message });
    return undefined;
  }
}
