import { type Context } from "./context.js";
import { referencesOf } from "./marking.js";
import { framesNeededOf, isRelocated, reachedPacks } from "./reach.js";
import { type CondemnedList } from "./world.js";
import { type Collector } from "./collection.js";

/** What is left of an epoch's list after the second mark. */
export function decide({ rules }: Context, { condemned, listing, marking }: Collector): CondemnedList {
  const { relocations } = marking;
  const references = referencesOf(marking);
  const marked = reachedPacks(references, rules.relocationsAreReached ? relocations : []);
  const dead = condemned.dead.filter((pack) => !marked.has(pack));
  const isThere = ({ pack }: { pack: string }): boolean => !rules.targetsAreCheckedAtTheEnd || (listing.packs.includes(pack) && !dead.includes(pack) && !condemned.relocated.includes(pack));
  const isCopied = (pack: string): boolean =>
    rules.framesAreCheckedAtTheEnd
      ? framesNeededOf(pack, references, relocations).every((frame) => isRelocated({ pack, frame }, relocations, isThere))
      : relocations.filter((relocation) => relocation.pack === pack).every(({ target }) => isThere({ pack: target }));
  return { dead, relocated: condemned.relocated.filter(isCopied) };
}
