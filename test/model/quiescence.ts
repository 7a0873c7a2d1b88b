import { newCollector } from "./collection.js";
import { type Choose } from "./context.js";
import { leakIn, lossIn } from "./invariants.js";
import { type Rules } from "./rules.js";
import { advance, type State } from "./state.js";
import { type World } from "./world.js";

/** An open epoch is finished; then late leases go, orphans are withdrawn, then replaced, then the packs go: a round each at most. */
const rounds = 5;
/** A collection that makes more steps than that never ends. */
const maxSteps = 5000;

/** Every lease that is left is late, every orphan is old, no pack is young. */
const allIsOver: Choose = (_count, what) => (what === "late lease" || what.endsWith(" is old") ? 1 : 0);

/** What is wrong once all have gone and the last collections have run: something is lost, stays behind, or never ends. */
export function wrongAtTheEnd(world: World, rules: Rules, say: (words: string) => void): string | undefined {
  const state: State = { world: structuredClone(world), processes: [newCollector("last", { rounds })], faultsLeft: 0 };
  const [collector] = state.processes;
  for (let steps = 0; collector !== undefined && collector.at !== "over"; steps++) {
    if (steps > maxSteps) return "the last collection never ends";
    advance(state, collector, { rules, choose: allIsOver, say });
  }
  return lossIn(state.world) ?? leakIn(state.world);
}
