import { type Choose, type Context } from "./context.js";
import { isOver, step, type Participant, type Process } from "./process.js";
import { type Rules } from "./rules.js";
import { type World } from "./world.js";

/** A repository and all who work in it, between two steps. */
export interface State {
  world: World;
  processes: Process[];
  /** How many more crashes, lost replies and late requests may come. */
  faultsLeft: number;
}

/** The faults that can come with any step: none comes first. */
const faults = ["none", "crash", "lost reply", "late request"] as const;

/** Whoever can make a step now. Who never makes one again has crashed or stalls for ever: that needs no fault. */
export function runnable(state: State): Process[] {
  return state.processes.filter((process) => !isOver(process));
}

/** Lets one process make its next step, perhaps with a fault. */
export function advance(state: State, process: Process, { rules, choose, say }: { rules: Rules; choose: Choose; say: (words: string) => void }): void {
  const made: number[] = [];
  const context: Context = {
    world: state.world,
    rules,
    choose: (count, what) => {
      const choice = count < 2 ? 0 : choose(count, what);
      made.push(choice);
      return choice;
    },
    say,
    fails: (what) => {
      if (state.faultsLeft === 0 || choose(2, what) === 0) return false;
      state.faultsLeft--;
      return true;
    },
    sendLate: (target, record) => state.processes.push({ kind: "late record", id: `record of ${record.session}`, at: "under way", target, record }),
  };
  const fault = state.faultsLeft > 0 && isParticipant(process) ? (faults[choose(faults.length, "fault")] ?? "none") : "none";
  if (fault === "none") {
    step(context, process);
    return;
  }
  say(`(${fault} at ${process.id})`);
  state.faultsLeft--;
  const before = structuredClone(process);
  if (fault === "crash") process.at = "over";
  else step(context, process);
  if (fault === "lost reply") Object.assign(process, before);
  if (fault === "late request" && isParticipant(before)) state.processes.push({ kind: "late request", id: `request of ${before.id}`, at: "under way", sender: before, choices: made });
}

function isParticipant(process: Process): process is Participant {
  return process.kind !== "late request" && process.kind !== "late record";
}
