import { newCollector } from "./collection.js";
import { type Choose } from "./context.js";
import { leakIn, leftListIn, lossIn } from "./invariants.js";
import { type Rules } from "./rules.js";
import { putIfAbsent } from "./shelf.js";
import { advance, type State } from "./state.js";
import { type World } from "./world.js";

/** An open epoch is finished; then late leases go and orphans are withdrawn, then replaced, then the packs go: a round each at most. */
const rounds = 4;
/** A collection that makes more steps than that never ends. */
const maxSteps = 5000;

/** Every lease that is left is late, every orphan is old, no pack is young. */
const allIsOver: Choose = (_count, what) => (what === "late lease" || what.endsWith(" is old") ? 1 : 0);

/**
 * What is wrong once all have gone and the last collections have run: something is lost, stays behind, or never ends. Then some last pack
 * is left, so that there is a last epoch: with it go the lists that dead collections have left.
 */
export function wrongAtTheEnd(world: World, rules: Rules, say: (words: string) => void): string | undefined {
  const state: State = { world: structuredClone(world), processes: [], faultsLeft: 0 };
  const unended = collect(state, rules, rounds, say) ?? lossIn(state.world) ?? leakIn(state.world);
  if (unended !== undefined) return unended;
  putIfAbsent(state.world.packs, "nobody/1", { frames: [] });
  return collect(state, rules, 1, say) ?? lossIn(state.world) ?? leftListIn(state.world);
}

function collect(state: State, rules: Rules, times: number, say: (words: string) => void): string | undefined {
  const collector = newCollector(`last-${String(times)}`, { rounds: times });
  for (let steps = 0; collector.at !== "over"; steps++) {
    if (steps > maxSteps) return "the last collection never ends";
    advance(state, collector, { rules, choose: allIsOver, say });
  }
  return undefined;
}
