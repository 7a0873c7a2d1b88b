import type { SmallWorld } from "./bounded-runs.js";
import { backUp, backUpLike, collect, inTurn, remove, removeOldest, restore } from "./programs.js";

const twoPoints = [backUp("a", ["vol-a"], false), backUp("a", ["vol-a"], true)];
/** What the first point alone had is garbage. */
const garbage = [...twoPoints, removeOldest];
const backUpGarbage = backUpLike("vol-b", "snap-0");

const worlds = {
  "a backup and a collection": { before: garbage, processes: [backUp("a", ["vol-a"], false), collect] },
  "a backup of what was removed, and a collection": { before: garbage, processes: [backUpGarbage, collect] },
  "a backup of new data, and a collection": { before: garbage, processes: [backUpLike("vol-c", undefined), collect] },
  "a backup of what a collection under way condemns": { before: [...garbage, { program: collect, diesBefore: "put gc/final" }], processes: [backUpGarbage, collect] },
  "a removal and a collection": { before: twoPoints, processes: [remove, collect] },
  "a removal and a backup": { before: twoPoints, processes: [remove, backUp("a", ["vol-a"], false)] },
  "two collections": { before: garbage, processes: [collect, collect] },
  "two backups of one volume": { before: twoPoints, processes: [backUp("a", ["vol-a"], false), backUp("a", ["vol-a"], false)] },
  "a restore and a collection": { before: garbage, processes: [restore, collect] },
  "a restore, and a removal before a collection": { before: twoPoints, processes: [restore, inTurn(removeOldest, collect)] },
  "a collection that dies and the next one": { before: garbage, processes: [collect, collect], crashes: true },
  "a backup that dies and a collection": { before: garbage, processes: [backUp("a", ["vol-a"], false), collect], crashes: true },
} satisfies Readonly<Record<string, SmallWorld>>;

/** The name of a small world. */
export type SmallWorldName = keyof typeof worlds;

/** Small worlds whose every run within a bound is tried. */
export const smallWorlds: Readonly<Record<SmallWorldName, SmallWorld>> = worlds;
