import { SeededRandom } from "../../src/testing/seeded-random.js";
import { backUp, collect, compact, copy, remove, restore, tidyCopies, verify, type Program } from "./programs.js";
import { expectOnlyConflicts } from "./expect-only-conflicts.js";
import { Scheduler, type Event, type Process } from "./scheduler.js";
import { World } from "./world.js";

/** What a run did. */
export interface RunFacts {
  readonly steps: number;
  readonly points: number;
  readonly crashes: number;
  readonly deletedPacks: number;
  readonly fences: number;
}

const programs: readonly (readonly [weight: number, name: string, program: Program])[] = [
  [3, "backup a", backUp("a", ["vol-a"], false)],
  [2, "full backup a", backUp("a", ["vol-a"], true)],
  [3, "backup b", backUp("b", ["vol-b1", "vol-b2"], false)],
  [3, "removal", remove],
  [4, "collection", collect],
  [2, "restore", restore],
  [1, "compaction", compact],
  [1, "verification", verify],
  [1, "copy", copy],
  [1, "tidying of copies", tidyCopies],
];

/** Backups that each run begins with, so that there is something to remove and to find. */
const prelude = [programs[0], programs[0], programs[2]] as const;

/** Some processes run, some crawl, and some all but stand still: for those everything else has long happened. */
const speeds = [1, 1, 0.1, 0.01] as const;

/** So many events are more than any run needs: beyond them processes hinder each other for ever. */
const maxSteps = 50_000;

/** How many processes are begun, and how many run at once. */
export interface RunOptions {
  readonly processes?: number | undefined;
  readonly atOnce?: number | undefined;
  readonly crashes?: number | undefined;
  /** How often anything at all goes next, a timer among it, instead of an operation of a living process. Default 0.03. */
  readonly timers?: number | undefined;
  /** Only these programs, by the beginning of their names. Default all. */
  readonly only?: readonly string[] | undefined;
}

/**
 * One run of the simulated world, decided by its seed alone: backups, removals, collections and restores begin, go on, stop
 * and die in any order. Raises at the first loss; its message ends with what happened.
 */
export async function randomRun(seed: number, { processes = 10, atOnce = 4, crashes = 0.004, timers = 0.03, only }: RunOptions = {}): Promise<RunFacts> {
  const random = new SeededRandom(Math.imul(seed + 1, 0x9e3779b1) >>> 0);
  const world = await World.create(random);
  const scheduler = new Scheduler();
  let deletedPacks = 0;
  let crashed = 0;
  const chosen = programs.filter(([, name]) => only?.some((start) => name.startsWith(start)) ?? true);
  const speedOf = new Map<Process, number>();
  try {
    for (const begin of prelude) {
      if (begin === undefined) continue;
      await scheduler.start(`${begin[1]}, first`, begin[2](world, scheduler));
      for (let event = scheduler.events.find(({ kind }) => kind === "operation"); event !== undefined; event = scheduler.events.find(({ kind }) => kind === "operation")) await scheduler.happen(event);
    }
    for (let begun = 0; ; ) {
      const running = scheduler.running;
      if (begun < processes && running.length < atOnce && (running.length === 0 || random.fraction() < 0.05)) {
        const [, name, program] = pick(chosen, random.fraction());
        const process = await scheduler.start(`${name} #${String(begun++)}`, program(world, scheduler));
        speedOf.set(process, speeds[Math.floor(random.fraction() * speeds.length)] ?? 1);
        continue;
      }
      const event = choose(scheduler, random, speedOf, timers);
      if (scheduler.trace.length > maxSteps) throw new Error(`${running.map(({ name }) => name).join(", ")} come to no end`);
      if (event === undefined) {
        if (running.length > 0) throw new Error(`${running.map(({ name }) => name).join(", ")} wait for nothing`);
        if (begun === processes) break;
        continue;
      }
      const chance = random.fraction();
      if (chance < crashes && !event.process.hasCrashed) {
        crashed++;
        scheduler.crash(event.process, () => random.fraction() < 0.5);
        continue;
      }
      if (event.label.startsWith("delete packs/") || event.label.startsWith("delete meta/")) deletedPacks++;
      await scheduler.happen(event, chance > 1 - crashes ? "reply lost" : "answered");
    }
    expectOnlyConflicts(scheduler);
    const points = await world.expectAllRestore();
    const fences = scheduler.trace.filter((line) => line.startsWith("collection") && line.includes("put log/") && line.endsWith("if absent")).length;
    await world.expectCollectedClean();
    return { steps: scheduler.trace.length, points, crashes: crashed, deletedPacks, fences };
  } catch (error) {
    throw new Error(`seed ${String(seed)}: ${String(error)}\n${scheduler.trace.slice(-400).join("\n")}`, { cause: error });
  }
}

function pick(chosen: typeof programs, fraction: number): (typeof programs)[number] {
  let left = fraction * chosen.reduce((sum, [weight]) => sum + weight, 0);
  for (const program of chosen) {
    left -= program[0];
    if (left < 0) return program;
  }
  return chosen[0] as (typeof programs)[number];
}

/** Any process's next operation; rarely a timer, so that leases are renewed, run out and are taken for dead; rarely a late request of the dead. */
function choose(scheduler: Scheduler, random: SeededRandom, speedOf: ReadonlyMap<Process, number>, timers: number): Event | undefined {
  const { events } = scheduler;
  const likely = events.filter(({ kind, process }) => kind === "operation" && !process.hasCrashed);
  const pool = likely.length === 0 || random.fraction() < timers ? events : likely;
  const weights = pool.map(({ process }) => speedOf.get(process) ?? 1);
  let left = random.fraction() * weights.reduce((sum, weight) => sum + weight, 0);
  for (const [position, weight] of weights.entries()) {
    left -= weight;
    if (left < 0) return pool[position];
  }
  return pool.at(-1);
}
