import { newCollector } from "./collection.js";
import { type Choose } from "./context.js";
import { harmIn, lossIn } from "./invariants.js";
import { isOver, type Process } from "./process.js";
import { wrongAtTheEnd } from "./quiescence.js";
import { type Volume } from "./lane.js";
import { newReader } from "./reader.js";
import { newRetention } from "./retention.js";
import { type Rules } from "./rules.js";
import { repositoryWithTwoStreams } from "./scenarios.js";
import { advance, runnable, type State } from "./state.js";
import { list } from "./shelf.js";
import { newWriter, type Writer } from "./writer.js";

/** What many random runs have done, and the first that went wrong. */
export interface RandomReport {
  runs: number;
  steps: number;
  commits: number;
  collections: number;
  failure?: { readonly seed: number; readonly what: string; readonly trace: readonly string[] };
}

/** How large a random run becomes. */
const maxSteps = 400;
const maxAtWork = 5;
const oddsOfFault = 0.01;
const oddsOfLateness = 0.2;
const frames = ["a", "b", "c", "d"];

/** Random numbers that a seed repeats (the mulberry32 generator). */
function randomFrom(seed: number): () => number {
  let state = Math.imul(seed + 1, 0x9e3779b1) >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Runs seeds one after the other until something goes wrong, a time is over, or all are done. */
export function exploreRandomly(rules: Rules, { firstSeed = 1, runs = Infinity, isOver: isTimeOver = () => false }: { firstSeed?: number; runs?: number; isOver?: () => boolean }): RandomReport {
  const report: RandomReport = { runs: 0, steps: 0, commits: 0, collections: 0 };
  for (let seed = firstSeed; report.runs < runs && !isTimeOver(); seed++, report.runs++) {
    const what = runOnce(rules, seed, report, () => undefined);
    if (what === undefined) continue;
    report.failure = { seed, what, trace: replay(rules, seed) };
    break;
  }
  return report;
}

/** The story of one seed. */
export function replay(rules: Rules, seed: number): string[] {
  const trace: string[] = [];
  const what = runOnce(rules, seed, { runs: 0, steps: 0, commits: 0, collections: 0 }, (words) => trace.push(words));
  return [...trace, `=> ${what ?? "all is well"}`];
}

/** One run: processes come, make their steps in a random order, stall, crash, end; then the last collections. Says what went wrong. */
function runOnce(rules: Rules, seed: number, report: RandomReport, say: (words: string) => void): string | undefined {
  const random = randomFrom(seed);
  const choose: Choose = (count, what) => {
    if (what === "fault" || what === "the record's put times out") return random() < oddsOfFault ? 1 + Math.floor(random() * (count - 1)) : 0;
    if (what === "late lease" && random() > oddsOfLateness) return 0;
    return Math.floor(random() * count);
  };
  const state: State = { world: repositoryWithTwoStreams(), processes: [], faultsLeft: 6 };
  // Some processes are starved: they make a step only now and then, so that they wake long after.
  const paces = new Map<Process, number>();
  for (let step = 0; step < maxSteps; step++) {
    const ready = runnable(state);
    if (ready.length < maxAtWork && random() < 0.2) {
      const newcomer = newcomerOf(String(step), random);
      state.processes = [...ready, newcomer];
      paces.set(newcomer, random() < 0.3 ? 0.1 : 1);
      continue;
    }
    const process = ready[Math.floor(random() * ready.length)];
    if (process === undefined || random() > (paces.get(process) ?? 0.1)) continue;
    const wasOver = process.at;
    advance(state, process, { rules, choose, say });
    report.steps++;
    const wrong = lossIn(state.world) ?? harmIn(state.world, state.processes);
    if (wrong !== undefined) return wrong;
    if (isOver(process) && wasOver !== "over" && process.kind === "collector") report.collections++;
  }
  report.commits += list(state.world.groups).length;
  return wrongAtTheEnd(state.world, rules, say);
}

function newcomerOf(step: string, random: () => number): Process {
  const dice = random();
  if (dice < 0.4) return newRandomWriter(`w${step}`, random);
  if (dice < 0.6) return newCollector(`c${step}`, { spares: random() < 0.2, rounds: 1 + Math.floor(random() * 2) });
  if (dice < 0.7) return newCollector(`k${step}`, { compacts: true });
  return dice < 0.85 ? newRetention(`r${step}`) : newReader(`reader${step}`);
}

function newRandomWriter(id: string, random: () => number): Writer {
  const any = (): string => frames[Math.floor(random() * frames.length)] ?? "a";
  const volume = (stream: string): Volume => ({ stream, content: [any(), any()], changed: random() < 0.3 ? [0, 1] : random() < 0.5 ? [0] : [1] });
  const volumes = random() < 0.3 ? [volume("A"), volume("B")] : [volume(random() < 0.5 ? "A" : "B")];
  return newWriter(id, volumes, { attempts: 1 + Math.floor(random() * 3), looks: 3 });
}
