import type { SmallWorld } from "./bounded-runs.js";
import { backUp, collect, remove, restore } from "./programs.js";

const twoPoints = [backUp("a", ["vol-a"], false), backUp("a", ["vol-a"], true)];

/** Small worlds whose every run within a bound is tried. */
export const smallWorlds: Readonly<Record<string, SmallWorld>> = {
  "a backup and a collection": { before: [...twoPoints, remove], processes: [backUp("a", ["vol-a"], false), collect] },
  "a full backup of another volume and a collection": { before: [...twoPoints, remove], processes: [backUp("b", ["vol-b"], true), collect] },
  "a removal and a collection": { before: twoPoints, processes: [remove, collect] },
  "a removal and a backup": { before: twoPoints, processes: [remove, backUp("a", ["vol-a"], false)] },
  "two collections": { before: [...twoPoints, remove], processes: [collect, collect] },
  "two backups of one volume": { before: twoPoints, processes: [backUp("a", ["vol-a"], false), backUp("a", ["vol-a"], false)] },
  "a restore and a collection": { before: [...twoPoints, remove], processes: [restore, collect] },
  "a collection that dies and the next one": { before: [...twoPoints, remove], processes: [collect, collect], crashes: true },
  "a backup that dies and a collection": { before: [...twoPoints, remove], processes: [backUp("a", ["vol-a"], false), collect], crashes: true },
};
