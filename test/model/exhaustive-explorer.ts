import { type Choose } from "./context.js";
import { harmIn, lossIn } from "./invariants.js";
import { isOver, type Process } from "./process.js";
import { wrongAtTheEnd } from "./quiescence.js";
import { type Rules } from "./rules.js";
import { advance, runnable, type State } from "./state.js";
import { type World } from "./world.js";

/** What an exploration has found. */
export interface Exploration {
  readonly states: number;
  /** Whether every reachable state was seen. */
  readonly isComplete: boolean;
  /** The first thing that went wrong, with a shortest way to it. */
  readonly failure?: { readonly what: string; readonly trace: readonly string[] };
}

/** A state by the numbers of its parts: the world, how many faults are left, then its processes. */
type Parts = readonly number[];

/** What one step of one process makes of the world and of the process; it sees nothing else. */
interface Outcome {
  readonly world: number;
  readonly faultsLeft: number;
  readonly process: number;
  /** Requests that are under way from now on. */
  readonly added: readonly number[];
  readonly choices: readonly number[];
}

/** How a state was first reached. */
interface Arrival {
  readonly parts: Parts;
  readonly from: Arrival | null;
  readonly process: number;
  readonly choices: readonly number[];
}

/**
 * Visits every state that a small world can reach, nearest first: each process may make the next step, every choice may go each way, every fault
 * may come. A state is known again by its parts, each of which is kept once, as JSON; what a step does to its parts is worked out once.
 */
export function exploreAll(start: State, rules: Rules, { maxStates = 1_000_000 } = {}): Exploration {
  const parts = new PartsOfStates(rules);
  const first: Parts = [parts.numberOf(start.world), start.faultsLeft, ...start.processes.map((process) => parts.numberOf(process))];
  const seen = new Set([first.join()]);
  let frontier: Arrival[] = [{ parts: first, from: null, process: 0, choices: [] }];
  while (frontier.length > 0) {
    const next: Arrival[] = [];
    for (const from of frontier) {
      const [world = 0, faultsLeft = 0, ...processes] = from.parts;
      let isAtRest = true;
      for (const [index, process] of processes.entries()) {
        for (const outcome of parts.outcomesOf(world, faultsLeft, process)) {
          isAtRest = false;
          const after = [outcome.world, outcome.faultsLeft, ...processes.with(index, outcome.process), ...outcome.added];
          const key = after.join();
          if (seen.has(key)) continue;
          seen.add(key);
          const arrival = { parts: after, from, process: index, choices: outcome.choices };
          next.push(arrival);
          const wrong = parts.wrongIn(after);
          if (wrong !== undefined) return { states: seen.size, isComplete: false, failure: { what: wrong, trace: traceOf(start, rules, arrival, wrong) } };
        }
      }
      const wrong = isAtRest ? parts.wrongAtRest(world) : undefined;
      if (wrong !== undefined) return { states: seen.size, isComplete: false, failure: { what: wrong, trace: traceOf(start, rules, from, wrong) } };
      if (seen.size > maxStates) return { states: seen.size, isComplete: false };
    }
    frontier = next;
  }
  return { states: seen.size, isComplete: true };
}

/** The parts of all states seen, and what was found out about them. */
class PartsOfStates {
  readonly #numbers = new Map<string, number>();
  readonly #texts: string[] = [];
  readonly #outcomes = new Map<string, readonly Outcome[]>();
  readonly #wrongs = new Map<string, string | undefined>();
  readonly #readers = new Map<number, boolean>();

  readonly #rules: Rules;

  constructor(rules: Rules) {
    this.#rules = rules;
  }

  numberOf(part: World | Process): number {
    const text = JSON.stringify(part);
    const known = this.#numbers.get(text);
    if (known !== undefined) return known;
    this.#numbers.set(text, this.#texts.length);
    this.#texts.push(text);
    return this.#texts.length - 1;
  }

  /** Every outcome of a process's next step: the step is made anew for every sequence of choices. None when the process is over. */
  outcomesOf(world: number, faultsLeft: number, process: number): readonly Outcome[] {
    return once(this.#outcomes, [world, faultsLeft, process].join(), () => {
      const outcomes: Outcome[] = [];
      let script: number[] | undefined = isOver(this.#process(process)) ? undefined : [];
      while (script !== undefined) {
        const { choose, choices, counts } = scripted(script);
        const moving = this.#process(process);
        const after: State = { world: this.#world(world), processes: [moving], faultsLeft };
        advance(after, moving, { rules: this.#rules, choose, say: () => undefined });
        const [moved = 0, ...added] = after.processes.map((part) => this.numberOf(part));
        outcomes.push({ world: this.numberOf(after.world), faultsLeft: after.faultsLeft, process: moved, added, choices });
        script = nextScript(choices, counts);
      }
      return outcomes;
    });
  }

  /** What is wrong in a state. */
  wrongIn([world = 0, , ...processes]: Parts): string | undefined {
    const loss = once(this.#wrongs, String(world), () => lossIn(this.#world(world)));
    if (loss !== undefined) return loss;
    for (const process of processes) {
      if (!once(this.#readers, process, () => this.#process(process).kind === "reader")) continue;
      const harm = once(this.#wrongs, `${String(world)},${String(process)}`, () => harmIn(this.#world(world), [this.#process(process)]));
      if (harm !== undefined) return harm;
    }
    return undefined;
  }

  /** What is wrong once everybody has gone. */
  wrongAtRest(world: number): string | undefined {
    return once(this.#wrongs, `${String(world)} at rest`, () => wrongAtTheEnd(this.#world(world), this.#rules, () => undefined));
  }

  #world(number: number): World {
    return JSON.parse(this.#texts[number] ?? "") as World;
  }

  #process(number: number): Process {
    return JSON.parse(this.#texts[number] ?? "") as Process;
  }
}

function once<K, V>(known: Map<K, V>, key: K, make: () => V): V {
  const before = known.get(key);
  if (before !== undefined || known.has(key)) return before as V;
  const made = make();
  known.set(key, made);
  return made;
}

/** Chooses as the script says, and the first way where it says nothing; notes what was chosen of how many. */
function scripted(script: readonly number[]): { choose: Choose; choices: number[]; counts: number[] } {
  const choices: number[] = [];
  const counts: number[] = [];
  const choose: Choose = (count) => {
    const choice = script[choices.length] ?? 0;
    choices.push(choice);
    counts.push(count);
    return choice;
  };
  return { choose, choices, counts };
}

/** The next sequence of choices in the order of a dictionary; undefined after the last. */
function nextScript(choices: readonly number[], counts: readonly number[]): number[] | undefined {
  let last = choices.length - 1;
  while (last >= 0 && (choices[last] ?? 0) + 1 >= (counts[last] ?? 0)) last--;
  return last < 0 ? undefined : [...choices.slice(0, last), (choices[last] ?? 0) + 1];
}

/** Walks the way to a state again, and tells it. */
function traceOf(start: State, rules: Rules, end: Arrival, what: string): string[] {
  const way: Arrival[] = [];
  for (let arrival = end; arrival.from !== null; arrival = arrival.from) way.unshift(arrival);
  const state = structuredClone(start);
  const trace: string[] = [];
  const say = (words: string): number => trace.push(words);
  for (const { process, choices } of way) {
    const moving = state.processes[process];
    if (moving !== undefined) advance(state, moving, { rules, choose: scripted(choices).choose, say });
  }
  if (runnable(state).length === 0) wrongAtTheEnd(state.world, rules, say);
  return [...trace, `=> ${what}`];
}
