import { describe, expect, it } from "vitest";
import { tryAllRuns } from "../simulation/bounded-runs.js";
import { smallWorlds, type SmallWorldName } from "../simulation/small-worlds.js";

/** Worlds that are tried with two switches. In none of them anybody dies. */
const closely: readonly SmallWorldName[] = ["a backup of what was removed, and a collection", "a backup of new data, and a collection", "a restore, and a removal before a collection", "a backup of what a collection under way condemns"];

describe("the real code, over a store whose every operation is a choice", () => {
  it.each(closely)("loses nothing and leaves nothing, whichever two writes others come between: %s", async (name) => {
    expect(await tryAllRuns(smallWorlds[name], { switches: 2, onlyBeforeWrites: true })).toBeGreaterThan(100);
  });
});
