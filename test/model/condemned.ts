import { list, read } from "./shelf.js";
import { newestEpoch, type CondemnedList, type World } from "./world.js";

/** What a listing of `gc/` tells: the newest epoch, and which list says what it condemns. */
export interface EpochListing {
  readonly epoch: number;
  /** Of the final decision where there is one, else of the epoch; null when the epoch is done, or there was none. */
  readonly listName: string | null;
  readonly isDecided: boolean;
}

/** The listing of `gc/`. No older epoch can be unfinished: an epoch is put only by who saw the one before it done. */
export function listEpochs(world: World): EpochListing {
  const epoch = newestEpoch(world);
  const final = read(world.finals, String(epoch))?.value;
  const isDone = epoch === 0 || list(world.dones).includes(String(epoch));
  return { epoch, listName: isDone ? null : (final ?? read(world.epochs, String(epoch))?.value ?? null), isDecided: final !== undefined };
}

/** A list that condemns nothing. */
export const nothingCondemned: CondemnedList = { dead: [], relocated: [] };
