// npm run fuzz -- [--minutes N] [--parser NAME] [--seed N] [--keep]
import { writeFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import { keepInCorpus, readCorpus } from "./corpus.js";
import { fuzz } from "./fuzz.js";
import { FuzzFinding } from "./target.js";
import { targets } from "./targets/index.js";

/** One parser's turn, in a thread of its own: one that never comes back, or takes all memory, is told by the other. */
interface Turn {
  readonly parser: string;
  readonly ms: number;
  readonly seed: number;
  readonly isKept: boolean;
  /** The seed under way, and how many were tried. */
  readonly state: SharedArrayBuffer;
}

interface TurnResult {
  readonly inputs: number;
  readonly outcomes: number;
}

/** An input that takes this long never ends. */
const hangMs = 30_000;
const heapMib = 1_024;
/** Of one turn: where refusals repeat what they were given, outcomes are without number. */
const maxKept = 12;
const mib = 2 ** 20;

if (isMainThread) await runAll();
else await runTurn(workerData as Turn);

async function runAll(): Promise<void> {
  const { values } = parseArgs({ options: { minutes: { type: "string", default: "1" }, parser: { type: "string", multiple: true }, seed: { type: "string", default: String(Date.now() % 2 ** 31) }, keep: { type: "boolean", default: false } } });
  const wanted = values.parser ?? targets.map(({ name }) => name);
  const unknown = wanted.filter((name) => !targets.some((target) => target.name === name));
  if (unknown.length > 0 || !(Number(values.minutes) > 0)) {
    console.error(`Usage: npm run fuzz -- [--minutes N] [--parser NAME] [--seed N] [--keep]\nThe parsers are ${targets.map(({ name }) => name).join(", ")}.`);
    process.exitCode = 2;
    return;
  }
  const ms = (Number(values.minutes) * 60_000) / wanted.length;
  for (const parser of wanted) {
    const state = new SharedArrayBuffer(8);
    const outcome = await turn({ parser, ms, seed: Number(values.seed), isKept: values.keep, state });
    const rssMib = Math.round(process.memoryUsage().rss / mib);
    if (typeof outcome === "string") {
      console.log(`${parser}: FINDING after ${String(new Int32Array(state)[1])} inputs: ${outcome}`);
      process.exitCode = 1;
    } else console.log(`${parser}: ${String(outcome.inputs)} inputs in ${(ms / 60_000).toFixed(1)} minutes, ${String(outcome.outcomes)} outcomes, ${String(rssMib)} MiB`);
  }
}

/** What a parser's turn gave, or what was found. */
async function turn(given: Turn): Promise<TurnResult | string> {
  const worker = new Worker(`import("tsx/esm/api").then(({ register }) => { register(); return import(${JSON.stringify(import.meta.url)}); });`, { eval: true, workerData: given, resourceLimits: { maxOldGenerationSizeMb: heapMib } });
  const seen = new Int32Array(given.state);
  let [last, sinceMs] = [seen[1], performance.now()];
  return await new Promise<TurnResult | string>((resolve) => {
    const timer = setInterval(() => {
      if (seen[1] !== last) [last, sinceMs] = [seen[1], performance.now()];
      else if (performance.now() - sinceMs > hangMs) {
        resolve(`seed ${String(seen[0])} does not come back`);
        void worker.terminate();
      }
    }, 1_000);
    worker.once("message", (result: TurnResult | string) => resolve(result));
    worker.once("error", (error) => resolve(`seed ${String(seen[0])}: ${error.message}`));
    worker.once("exit", () => {
      clearInterval(timer);
      resolve(`seed ${String(seen[0])}: the thread ended`);
    });
  });
}

async function runTurn({ parser, ms, seed: firstSeed, isKept, state }: Turn): Promise<void> {
  const seen = new Int32Array(state);
  const endAt = performance.now() + ms;
  const target = targets.find(({ name }) => name === parser);
  if (target === undefined) throw new Error(`there is no parser ${parser}`);
  const kept: Buffer[] = [];
  const keepAll = async (): Promise<void> => {
    for (const input of kept) await keepInCorpus(parser, input);
  };
  try {
    const result = await fuzz(target, {
      seed: firstSeed,
      corpus: await readCorpus(parser),
      isOver: () => performance.now() > endAt,
      onInput: (seed) => {
        seen[0] = seed;
        seen[1] = (seen[1] ?? 0) + 1;
      },
      onNew: (input) => {
        if (isKept && kept.length < maxKept) kept.push(input);
      },
    });
    await keepAll();
    await target.close?.();
    parentPort?.postMessage(result satisfies TurnResult);
  } catch (error) {
    await keepAll();
    if (!(error instanceof FuzzFinding)) throw error;
    await writeFile(`fuzz-finding-${parser}`, error.input);
    parentPort?.postMessage(`${error.message}\nThe input is in fuzz-finding-${parser}; a test of it belongs into the corpus.`);
  }
}
