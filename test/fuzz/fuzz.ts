import { SeededRandom } from "../../src/testing/seeded-random.js";
import { mutatedJson } from "./mutate-json.js";
import { mutated } from "./mutate.js";
import { attempt, type FuzzTarget } from "./target.js";

export interface FuzzRun {
  /** The first seed; each input has the next one. */
  readonly seed: number;
  /** Ends the run, at the latest before the next input. */
  readonly isOver: (inputs: number) => boolean;
  readonly corpus?: readonly Buffer[];
  /** Called before each input. */
  readonly onInput?: (seed: number) => void;
  /** Called for inputs whose outcome is a new one. */
  readonly onNew?: (input: Buffer, signature: string) => void;
}

/** Inputs kept to be mutated further: as many as there are outcomes, and no more than this. */
const maxPool = 400;
/** Of documents so many changes leave them documents. */
const jsonShare = 0.8;
/** Larger ones are slow to mutate and say no more. */
const maxPooledBytes = 65_536;

/** Mutates and tries until it is over. Raises `FuzzFinding` at the first input that is neither taken nor refused; gives how many were tried, and how many outcomes there were. */
export async function fuzz(target: FuzzTarget, { seed: firstSeed, isOver, corpus = [], onInput, onNew }: FuzzRun): Promise<{ readonly inputs: number; readonly outcomes: number }> {
  const pool = [...(await target.seeds()), ...corpus];
  const outcomes = new Set<string>();
  for (const input of pool) outcomes.add(await attempt(target, input));
  let inputs = 0;
  for (let seed = firstSeed; !isOver(inputs); seed++, inputs++) {
    onInput?.(seed);
    const random = new SeededRandom(seed);
    const original = pool[Math.floor(random.fraction() * pool.length)] ?? Buffer.alloc(0);
    const material = { random, pool, tokens: target.tokens ?? [] };
    const input = (target.isJson === true && random.fraction() < jsonShare ? mutatedJson(original, material) : undefined) ?? mutated(original, material);
    const signature = await attempt(target, input);
    if (outcomes.has(signature)) continue;
    outcomes.add(signature);
    onNew?.(input, signature);
    if (pool.length < maxPool && input.length <= maxPooledBytes) pool.push(input);
  }
  return { inputs, outcomes: outcomes.size };
}
