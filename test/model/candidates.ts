import { isChosen, type Context } from "./context.js";
import { referencesOf } from "./marking.js";
import { reachedPacks } from "./reach.js";
import { makerOf, type CondemnedList } from "./world.js";
import { type Collector } from "./collection.js";

/** The packs, and the names that have relocations, which nobody reaches and nobody fills. */
export function candidatesOf(context: Context, { listing, marking, spares }: Collector): CondemnedList {
  const { rules } = context;
  const { relocations } = marking;
  const marked = reachedPacks(referencesOf(marking), rules.relocationsAreReached ? relocations : []);
  const names = [...new Set([...listing.packs, ...(rules.unreachedNamesAreCondemned ? relocations.map(({ pack }) => pack) : [])])];
  const isSpared = (pack: string): boolean => (rules.ownPacksAreSpared && listing.sessionNames.includes(makerOf(pack))) || (spares && isChosen(context, `spare ${pack}`));
  return { dead: names.filter((pack) => !marked.has(pack) && !isSpared(pack)).sort(), relocated: [] };
}
