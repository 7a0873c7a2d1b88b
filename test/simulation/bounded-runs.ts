import { SeededRandom } from "../../src/testing/seeded-random.js";
import { expectOnlyConflicts } from "./expect-only-conflicts.js";
import type { Program } from "./programs.js";
import { Scheduler, type Event, type Process } from "./scheduler.js";
import { World } from "./world.js";

/** A program that dies before its first operation whose label begins like this. */
export interface DyingProgram {
  readonly program: Program;
  readonly diesBefore: string;
}

/** What a small world is: what went before, and the processes whose every interleaving is tried. */
export interface SmallWorld {
  readonly before: readonly (Program | DyingProgram)[];
  readonly processes: readonly Program[];
  /** Crash the process that runs at the first switch instead of only leaving it. */
  readonly crashes?: boolean | undefined;
}

/** Which runs of a small world are tried. */
export interface Bound {
  /** How often the running process is left before it ends or waits. */
  readonly switches: number;
  /** Leave it only before it writes or removes something: what it reads in between it might as well have read later. Default false. */
  readonly onlyBeforeWrites?: boolean | undefined;
  /** Who is left stands still until all others have ended, whatever they wait for: everybody takes it for dead, and it is not. Default false. */
  readonly standsStill?: boolean | undefined;
}

/** Where a run changes from the process that runs to the next one: before its `step`th event. */
type Switches = readonly number[];

/** Tries every run of a small world within a bound. Gives the number of runs; raises at the first loss. */
export async function tryAllRuns(small: SmallWorld, bound: Bound): Promise<number> {
  const start = await prepare(small);
  let runs = 0;
  for (let first = 0; first < small.processes.length; first++) {
    const explore = async (switches: Switches): Promise<void> => {
      const places = await new BoundedRun(small, bound, { first, switches }).run(await start.fork(new SeededRandom(6)));
      runs++;
      if (switches.length === bound.switches) return;
      for (const place of places) if (place > (switches.at(-1) ?? 0)) await explore([...switches, place]);
    };
    await explore([]);
  }
  return runs;
}

/** The world as it is when the processes begin. */
async function prepare({ before }: SmallWorld): Promise<World> {
  const world = await World.create(new SeededRandom(5));
  const scheduler = new Scheduler();
  for (const [position, step] of before.entries()) {
    const { program, diesBefore } = typeof step === "function" ? { program: step, diesBefore: undefined } : step;
    const process = await scheduler.start(`before ${String(position)}`, program(world, scheduler));
    for (let event = next(scheduler.events); event !== undefined; event = next(scheduler.events)) {
      if (diesBefore === undefined || !event.label.startsWith(diesBefore)) await scheduler.happen(event);
      else scheduler.crash(process, () => false);
    }
    if ((diesBefore !== undefined) !== process.hasCrashed) throw new Error(`${process.name} never came to ${diesBefore ?? "its end"}:\n${scheduler.trace.join("\n")}`);
  }
  return world;
}

class BoundedRun {
  readonly #small: SmallWorld;
  readonly #bound: Bound;
  readonly #choice: { readonly first: number; readonly switches: Switches };
  readonly #scheduler = new Scheduler();
  readonly #processes: Process[] = [];
  #current: number;
  #still: Process | undefined;
  /** Whether the process at hand was chosen just now: it goes on even where it sleeps. */
  #isLeft = false;

  constructor(small: SmallWorld, bound: Bound, choice: { readonly first: number; readonly switches: Switches }) {
    this.#small = small;
    this.#bound = bound;
    this.#choice = choice;
    this.#current = choice.first;
  }

  /** Gives the steps before which the running process may be left. */
  async run(world: World): Promise<number[]> {
    const scheduler = this.#scheduler;
    const { first, switches } = this.#choice;
    for (const [position, program] of this.#small.processes.entries()) this.#processes.push(await scheduler.start(`process ${String(position)}`, program(world, scheduler)));
    const places: number[] = [];
    try {
      for (let step = 0; ; step++) {
        if (switches.includes(step)) this.#leave(switches[0] === step);
        const event = this.#nextEvent();
        if (event === undefined) break;
        if (event.process === this.#still) this.#still = undefined;
        this.#current = Math.max(0, this.#processes.indexOf(event.process));
        if (this.#bound.onlyBeforeWrites !== true || /^(put|delete) /.test(event.label)) places.push(step);
        await scheduler.happen(event);
      }
      expectOnlyConflicts(scheduler);
      await world.expectAllRestore();
      await world.expectCollectedClean();
      return places;
    } catch (error) {
      throw new Error(`first ${String(first)}, switches at ${switches.join(", ")}: ${String(error)}\n${scheduler.trace.join("\n")}`, { cause: error });
    }
  }

  #leave(isFirst: boolean): void {
    const process = this.#processes[this.#current];
    if (process === undefined) return;
    if (isFirst && this.#small.crashes === true && !process.isDone) this.#scheduler.crash(process, () => true);
    if (this.#bound.standsStill === true) this.#still = process;
    this.#current = (this.#current + 1) % this.#processes.length;
    this.#isLeft = true;
  }

  /**
   * The next operation of the process at hand or, where it has ended or waits, of those after it; a timer only of a process that
   * was just chosen, or where nothing else can happen. What stands still goes on when no other can.
   */
  #nextEvent(): Event | undefined {
    const moving = this.#scheduler.events.filter(({ process }) => process !== this.#still);
    const events = moving.length === 0 ? this.#scheduler.events : moving;
    const wasLeft = this.#isLeft;
    this.#isLeft = false;
    const order = [...this.#processes.slice(this.#current), ...this.#processes.slice(0, this.#current)];
    for (const process of order) {
      const event = next(events.filter((candidate) => candidate.process === process && !process.hasCrashed));
      if (event !== undefined) return event;
      const timer = wasLeft && process === this.#processes[this.#current] ? events.find((candidate) => candidate.process === process && !process.hasCrashed) : undefined;
      if (timer !== undefined) return timer;
    }
    return next(events) ?? events.find(({ kind }) => kind === "timer");
  }
}

function next(events: readonly Event[]): Event | undefined {
  return events.find(({ kind }) => kind === "operation");
}
