import { isChosen, type Context } from "./context.js";
import { referencesOf } from "./marking.js";
import { reachedPacks, withTargets } from "./reach.js";
import { makerOf, type CondemnedList } from "./world.js";
import { type Collector } from "./collection.js";

/** The packs, and the names that have relocations, which nobody reaches and nobody fills. */
export function candidatesOf(context: Context, { listing, marking, spares }: Collector): CondemnedList {
  const { rules } = context;
  const { relocations } = marking;
  const marked = reachedPacks(referencesOf(marking), rules.relocationsAreReached ? relocations : []);
  const names = [...new Set([...listing.packs, ...(rules.unreachedNamesAreCondemned ? relocations.map(({ pack }) => pack) : [])])];
  const isSpared = (pack: string): boolean => (rules.ownPacksAreSpared && listing.leases.some(({ name }) => name === makerOf(pack))) || (spares && isChosen(context, `spare ${pack}`));
  const unmarked = names.filter((pack) => !marked.has(pack));
  const spared = new Set(unmarked.filter(isSpared));
  const kept = rules.sparedKeepRelocations ? withTargets(spared, relocations) : spared;
  return { dead: unmarked.filter((pack) => !kept.has(pack)).sort(), relocated: [] };
}
