import { SeededRandom } from "../../src/testing/seeded-random.js";
import type { Program } from "./programs.js";
import { Scheduler, type Event, type Process } from "./scheduler.js";
import { World } from "./world.js";

/** Where a run changes from the process that runs to the next one that can: before its `step`th event. */
export type Switches = readonly number[];

/** What a small world is: backups that went before, and the processes whose every interleaving is tried. */
export interface SmallWorld {
  readonly before: readonly Program[];
  readonly processes: readonly Program[];
  /** Crash the process that runs at the first switch instead of only leaving it. */
  readonly crashes?: boolean | undefined;
}

/**
 * Tries every run of a small world in which the running process is left at most `maxSwitches` times before it ends or waits:
 * exhaustive within that bound. Gives the number of runs; raises at the first loss.
 */
export async function tryAllRuns(small: SmallWorld, maxSwitches: number): Promise<number> {
  let runs = 0;
  for (let first = 0; first < small.processes.length; first++) {
    const explore = async (switches: Switches): Promise<void> => {
      const steps = await runOnce(small, first, switches);
      runs++;
      if (switches.length === maxSwitches) return;
      for (let next = (switches.at(-1) ?? 0) + 1; next < steps; next++) await explore([...switches, next]);
    };
    await explore([]);
  }
  return runs;
}

/** Gives the number of events. */
async function runOnce(small: SmallWorld, first: number, switches: Switches): Promise<number> {
  const world = await World.create(new SeededRandom(5));
  const scheduler = new Scheduler();
  for (const [position, program] of small.before.entries()) {
    await scheduler.start(`before ${String(position)}`, program(world, scheduler));
    for (let event = next(scheduler.events); event !== undefined; event = next(scheduler.events)) await scheduler.happen(event);
  }
  const processes: Process[] = [];
  for (const [position, program] of small.processes.entries()) processes.push(await scheduler.start(`process ${String(position)}`, program(world, scheduler)));
  let steps = 0;
  let current = first;
  try {
    for (;;) {
      const process = processes[current];
      if (process !== undefined && switches.includes(steps)) {
        if (small.crashes === true && switches[0] === steps && !process.isDone) scheduler.crash(process, () => true);
        current = (current + 1) % processes.length;
      }
      const event = eventOf(scheduler, processes, current);
      if (event === undefined) break;
      current = Math.max(0, processes.indexOf(event.process));
      steps++;
      await scheduler.happen(event);
    }
    await world.expectAllRestore();
    await world.expectCollectedClean();
    return steps;
  } catch (error) {
    throw new Error(`first ${String(first)}, switches at ${switches.join(", ")}: ${String(error)}\n${scheduler.trace.join("\n")}`, { cause: error });
  }
}

/** The next operation of the process at hand or, where it has ended or waits, of those after it; a timer only where nothing else can happen. */
function eventOf(scheduler: Scheduler, processes: readonly Process[], current: number): Event | undefined {
  const order = [...processes.slice(current), ...processes.slice(0, current)];
  for (const process of order) {
    const event = next(scheduler.events.filter((candidate) => candidate.process === process && !process.hasCrashed));
    if (event !== undefined) return event;
  }
  return next(scheduler.events) ?? scheduler.events.find(({ kind }) => kind === "timer");
}

function next(events: readonly Event[]): Event | undefined {
  return events.find(({ kind }) => kind === "operation");
}
