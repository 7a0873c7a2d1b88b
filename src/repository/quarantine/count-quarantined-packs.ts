import { objectNames, quarantinedPack } from "../format/object-names.js";
import type { RepositoryContext, SignalOptions } from "../repository-context.js";

/** How many packs are known to be damaged and not yet healed: one request where there are few. */
export async function countQuarantinedPacks({ store }: RepositoryContext, options: SignalOptions): Promise<number> {
  let count = 0;
  for await (const { name } of store.list(objectNames.quarantines, options)) if (quarantinedPack(name) !== undefined) count++;
  return count;
}
