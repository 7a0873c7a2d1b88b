// npm run fuzz -- [--minutes N] [--parser NAME] [--seed N] [--keep]
import { writeFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import { keepInCorpus, readCorpus } from "./corpus.js";
import { fuzz } from "./fuzz.js";
import { FuzzFinding, type FuzzTarget } from "./target.js";
import { targets } from "./targets/index.js";

/** Parsers in turn, in a thread of their own: one that never comes back, or takes all memory, is told by the other, and the rest go on in the next. */
interface Turns {
  readonly parsers: readonly string[];
  /** For a weight of 1. */
  readonly ms: number;
  readonly seed: number;
  readonly isKept: boolean;
  /** The seed under way, and how many were tried. */
  readonly state: SharedArrayBuffer;
}

/** What is told when a parser's turn ends. */
interface Told {
  readonly parser: string;
  readonly ms: number;
  readonly inputs: number;
  readonly outcomes: number;
  readonly finding?: string;
}

/** An input that takes this long never ends: of the processor's time, where it computes, or of any time, where it waits. A machine that does other things gives little of the former in much of the latter. */
const [hangCpuMs, hangMs] = [30_000, 300_000];
const heapMib = 1_024;
/** Of one turn: where refusals repeat what they were given, outcomes are without number. */
const maxKept = 12;

if (isMainThread) await runAll();
else await runTurns(workerData as Turns);

async function runAll(): Promise<void> {
  const { values } = parseArgs({ options: { minutes: { type: "string", default: "1" }, parser: { type: "string", multiple: true }, seed: { type: "string", default: String(Date.now() % 2 ** 31) }, keep: { type: "boolean", default: false } } });
  const wanted = values.parser ?? targets.map(({ name }) => name);
  const unknown = wanted.filter((name) => !targets.some((target) => target.name === name));
  if (unknown.length > 0 || !(Number(values.minutes) > 0)) {
    console.error(`Usage: npm run fuzz -- [--minutes N] [--parser NAME] [--seed N] [--keep]\nThe parsers are ${targets.map(({ name }) => name).join(", ")}.`);
    process.exitCode = 2;
    return;
  }
  const weights = wanted.reduce((sum, name) => sum + (targetOf(name).weight ?? 1), 0);
  const given = { ms: (Number(values.minutes) * 60_000) / weights, seed: Number(values.seed), isKept: values.keep };
  for (let parsers = wanted; parsers.length > 0; ) {
    const done = await turns({ ...given, parsers, state: new SharedArrayBuffer(8) });
    parsers = parsers.slice(done);
  }
}

function targetOf(name: string): FuzzTarget {
  const target = targets.find((one) => one.name === name);
  if (target === undefined) throw new Error(`there is no parser ${name}`);
  return target;
}

/** Prints what the turns give; gives how many parsers had theirs. */
async function turns(given: Turns): Promise<number> {
  const worker = new Worker(`import("tsx/esm/api").then(({ register }) => { register(); return import(${JSON.stringify(import.meta.url)}); });`, { eval: true, workerData: given, resourceLimits: { maxOldGenerationSizeMb: heapMib } });
  const seen = new Int32Array(given.state);
  let [last, sinceMs, since, done] = [seen[1], performance.now(), process.cpuUsage(), 0];
  return await new Promise<number>((resolve) => {
    const lost = (why: string): void => {
      if (done >= given.parsers.length) return;
      tell({ parser: given.parsers[done] ?? "", ms: 0, inputs: 0, outcomes: 0, finding: `seed ${String(seen[0])} ${why}` });
      done++;
    };
    const timer = setInterval(() => {
      const { user, system } = process.cpuUsage(since);
      if (seen[1] !== last) [last, sinceMs, since] = [seen[1], performance.now(), process.cpuUsage()];
      else if (performance.now() - sinceMs > hangMs || (user + system) / 1_000 > hangCpuMs) {
        lost("does not come back");
        void worker.terminate();
      }
    }, 1_000);
    worker.on("message", (told: Told) => {
      tell(told);
      done++;
      if (done === given.parsers.length) void worker.terminate();
    });
    worker.once("error", (error) => lost(`: ${error.message}`));
    worker.once("exit", () => {
      clearInterval(timer);
      if (done === 0) lost(": the thread ended");
      resolve(done);
    });
  });
}

function tell({ parser, ms, inputs, outcomes, finding }: Told): void {
  if (finding === undefined) console.log(`${parser}: ${String(inputs)} inputs in ${(ms / 60_000).toFixed(1)} minutes, ${String(outcomes)} outcomes`);
  else {
    console.log(`${parser}: FINDING after ${String(inputs)} inputs: ${finding}`);
    process.exitCode = 1;
  }
}

async function runTurns({ parsers, ms, seed, isKept, state }: Turns): Promise<void> {
  const seen = new Int32Array(state);
  for (const parser of parsers) {
    const target = targetOf(parser);
    const turnMs = ms * (target.weight ?? 1);
    const endAt = performance.now() + turnMs;
    const kept: Buffer[] = [];
    let inputs = 0;
    let told: Told;
    try {
      const result = await fuzz(target, {
        seed,
        corpus: await readCorpus(parser),
        isOver: () => performance.now() > endAt,
        onInput: (current) => {
          seen[0] = current;
          seen[1] = (seen[1] ?? 0) + 1;
          inputs++;
        },
        onNew: (input) => {
          if (isKept && kept.length < maxKept) kept.push(input);
        },
      });
      told = { parser, ms: turnMs, ...result };
    } catch (error) {
      if (!(error instanceof FuzzFinding)) throw error;
      await writeFile(`fuzz-finding-${parser}`, error.input);
      told = { parser, ms: turnMs, inputs, outcomes: 0, finding: `${error.message}\nThe input is in fuzz-finding-${parser}; a test of it belongs into the corpus.` };
    }
    for (const input of kept) await keepInCorpus(parser, input);
    await target.close?.();
    parentPort?.postMessage(told);
  }
}
