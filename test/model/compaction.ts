import { type Context } from "./context.js";
import { referencesOf } from "./marking.js";
import { framesNeededOf, reachedPacks } from "./reach.js";
import { list, putIfAbsent, read, remove } from "./shelf.js";
import { makerOf, noteInIndex } from "./world.js";
import { type Collector } from "./collection.js";

/** A compactor's lease spares its new packs until a relocation of a reached pack names them. */
export function putLease({ world, say }: Context, id: string): void {
  putIfAbsent(world.sessions, id, { kind: "compactor" });
  say(`${id} puts its lease`);
}

/** Chooses a reached pack that no listed session made. */
export function chooseVictim({ choose }: Context, { listing, marking, compaction }: Collector): boolean {
  const references = referencesOf(marking);
  const marked = reachedPacks(references, marking.relocations);
  const packs = listing.packs.filter((pack) => marked.has(pack) && !listing.sessionNames.includes(makerOf(pack)));
  compaction.victim = packs[choose(packs.length + 1, "pack to compact") - 1] ?? null;
  if (compaction.victim !== null) compaction.frames = framesNeededOf(compaction.victim, references, marking.relocations);
  return compaction.victim !== null;
}

function newPackOf({ id, roundsLeft }: Collector): string {
  return `${id}/${String(roundsLeft)}`;
}

/** Copies the frames into a pack of its own; not when the victim has gone. */
export function copyFrames({ world, say }: Context, collector: Collector): boolean {
  const { victim, frames } = collector.compaction;
  if (read(world.packs, victim ?? "") === undefined) return false;
  putIfAbsent(world.packs, newPackOf(collector), { frames });
  noteInIndex(world, newPackOf(collector), frames);
  say(`${collector.id} copies ${frames.join(", ")} of ${victim ?? ""} to ${newPackOf(collector)}`);
  return true;
}

/** Puts the relocation, and names the victim in the list of the epoch to come. */
export function putRelocation({ world, say }: Context, collector: Collector): void {
  const { victim, frames } = collector.compaction;
  if (victim === null) return;
  const n = list(world.relocations, `${victim}#`).length + 1;
  putIfAbsent(world.relocations, `${victim}#${String(n)}`, { pack: victim, target: newPackOf(collector), frames });
  collector.condemned = { ...collector.condemned, relocated: [victim] };
  say(`${collector.id} puts the relocation of ${victim}`);
}

/** The new pack is reached now, or nobody needs it. */
export function endLease({ world, say }: Context, id: string): void {
  remove(world.sessions, id);
  say(`${id} ends its lease`);
}
