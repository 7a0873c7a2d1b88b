import { parseArgs } from "node:util";

/** What a soak does. */
export interface SoakOptions {
  /** How long rounds go on; the last phase comes after. */
  readonly minutes: number;
  readonly seed: number;
  /** Where the samples go. */
  readonly jsonPath: string | undefined;
  /** Whether growth is a finding: a short soak has nothing to judge by. */
  readonly isGrowthJudged: boolean;
}

const usage = "Usage: npm run soak -- [--minutes N] [--seed N] [--json FILE]";
/** Below this everything is warm-up. */
const minJudgedMinutes = 15;

/** Reads the arguments; a wrong one is an error. */
export function parseSoakOptions(values: readonly string[]): SoakOptions {
  const { minutes, seed, json } = parseArgs({ args: [...values], options: { minutes: { type: "string", default: "120" }, seed: { type: "string", default: String(Date.now() % 2 ** 31) }, json: { type: "string" } } }).values;
  if (!(Number(minutes) > 0) || !Number.isInteger(Number(seed))) throw new TypeError(usage);
  return { minutes: Number(minutes), seed: Number(seed), jsonPath: json, isGrowthJudged: Number(minutes) >= minJudgedMinutes };
}
