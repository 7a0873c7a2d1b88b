import { parseArgs } from "node:util";

/** What the benchmark does. */
export interface BenchOptions {
  /** Where the figures go, as JSON. */
  readonly jsonPath: string | undefined;
  readonly sizeMib: number;
  readonly runs: number;
}

/** Enough for the figures to be of the road, not of its beginning and end. */
const defaultSizeMib = 1024;
const defaultRuns = 3;
/** For a machine that only shows that the benchmark works. */
const smokeSizeMib = 48;

/** Reads the arguments; an unknown one is an error. */
export function parseBenchOptions(values: readonly string[]): BenchOptions {
  const { json, size, runs, smoke } = parseArgs({
    args: [...values],
    options: { json: { type: "string" }, size: { type: "string" }, runs: { type: "string" }, smoke: { type: "boolean", default: false } },
  }).values;
  return {
    jsonPath: json,
    sizeMib: wholeNumber("--size", size, smoke ? smokeSizeMib : defaultSizeMib, 32),
    runs: wholeNumber("--runs", runs, smoke ? 1 : defaultRuns, 1),
  };
}

function wholeNumber(name: string, value: string | undefined, fallback: number, least: number): number {
  const number = value === undefined ? fallback : Number(value);
  if (!Number.isInteger(number) || number < least) throw new TypeError(`${name} is ${String(value)}; it must be a whole number from ${String(least)}.`);
  return number;
}
