import * as z from "zod";
import { HoldfastError } from "../../src/errors/index.js";
import { MemoryWatch } from "./memory-watch.js";

/** A parser, as it is fuzzed. */
export interface FuzzTarget {
  /** `npm run fuzz -- --parser <name>`. */
  readonly name: string;
  /** Inputs that it takes, to begin with. */
  readonly seeds: () => Promise<readonly Buffer[]> | readonly Buffer[];
  /** Gives the input to the parser, and looks at all that comes out. A text that it gives says in a few words what came out: an input that leads to other words is a new one. May be a promise. */
  readonly run: (input: Buffer) => unknown;
  /** The inputs are JSON, and most changes leave them so. */
  readonly isJson?: boolean;
  /** Texts that mean something to it. */
  readonly tokens?: readonly string[];
  /** Whether an error is the parser's own way of saying no. By default the engine's errors are. */
  readonly isRefusal?: (error: unknown) => boolean;
  /** How much of the processor's time one input may take. Default: 2,000. */
  readonly maxMs?: number;
  /** By how much one input may drive up the process's memory, in MiB. Default: 256. */
  readonly maxMemoryMib?: number;
  /** How much of a run's time it gets, beside the others' 1: more where much is behind the first checks. */
  readonly weight?: number;
  /** Ends what it has begun: a server. */
  readonly close?: () => Promise<void>;
}

/** An input that a parser neither takes nor refuses in its own words and in time. */
export class FuzzFinding extends Error {
  readonly input: Buffer;

  constructor(target: string, input: Buffer, why: string, cause?: unknown) {
    super(`${target}: ${why} (${String(input.length)} bytes: ${input.subarray(0, 200).toString("base64")})`, { cause });
    this.input = input;
  }
}

const defaultMaxMs = 2_000;
const defaultMaxMemoryMib = 256;
const ofThisProcess = new MemoryWatch();

/** Gives one input to a target. The outcome's signature: `taken`, or what was refused and why, without its numbers. */
export async function attempt(target: FuzzTarget, input: Buffer, memory = ofThisProcess): Promise<string> {
  memory.begin();
  const [startedMs, before] = [performance.now(), process.cpuUsage()];
  let signature = "taken";
  try {
    const came = await target.run(input);
    if (typeof came === "string") signature = `taken: ${came}`;
  } catch (error) {
    const isRefusal = (target.isRefusal ?? HoldfastError.isInstance)(error);
    if (!isRefusal || !(error instanceof Error)) throw new FuzzFinding(target.name, input, error instanceof Error ? (error.stack ?? error.message) : String(error), error);
    signature = `${error.name}: ${error.message.slice(0, 200)}${causeOf(error.cause)}`.replace(/["'`][^"'`]*["'`]|[\d.]+/g, "_");
  }
  // a machine that has other things to do takes longer, and a process with other threads computes more: the lesser of both is the parser's
  const { user, system } = process.cpuUsage(before);
  const tookMs = Math.min(performance.now() - startedMs, (user + system) / 1_000);
  if (tookMs > (target.maxMs ?? defaultMaxMs)) throw new FuzzFinding(target.name, input, `took ${String(Math.round(tookMs))} ms`);
  const grownMib = memory.end() / 2 ** 20;
  if (grownMib > (target.maxMemoryMib ?? defaultMaxMemoryMib)) throw new FuzzFinding(target.name, input, `took ${String(Math.round(grownMib))} MiB of memory`);
  return signature;
}

/** Which part of a document its schema did not take. */
function causeOf(cause: unknown): string {
  if (!(cause instanceof z.ZodError)) return "";
  const [issue] = cause.issues;
  return issue === undefined ? "" : ` (${issue.code} at ${issue.path.map((part) => (typeof part === "number" ? "_" : String(part).slice(0, 30))).join("/")})`;
}
