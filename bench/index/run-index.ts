// How the dedup index fares with many blocks: memory, time to open it, how many blocks it finds again. One size, as JSON.
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import type { Logger } from "../../src/ports/index.js";
import { DedupIndex } from "../../src/repository/index/dedup-index.js";
import { defaultPackLimits } from "../../src/repository/pack/pack-options.js";
import { IndexedBlocks } from "../../src/repository/writer/indexed-blocks.js";
import { SystemClock, systemRandom } from "../../src/system/index.js";
import { blockIdOf, imageBlocks, SyntheticIndex } from "./synthetic-index.js";

/** What is asked for. */
export interface IndexBenchTask {
  readonly images: number;
  readonly memoryBytes: number;
  /** Blocks whose ids end in fewer zero bits are not in the level's shards: so many that a reader of this size does not ask for them. */
  readonly leastZeroBits: number;
}

/** How a series of blocks was found. */
export interface WorkloadFacts {
  readonly workload: string;
  /** Blocks that the repository holds. */
  readonly blocks: number;
  /** The share of them that was found. */
  readonly found: number;
  readonly microsecondsPerBlock: number;
  readonly directoryReads: number;
  readonly directoryMib: number;
}

/** How an index of this size fared. */
export interface IndexFacts {
  readonly blocks: number;
  readonly sampledOneIn: number;
  readonly packs: number;
  /** What the index says that it takes. */
  readonly memoryMib: number;
  /** How much more the process has in arrays, and on the heap, than before. */
  readonly measuredArraysMib: number;
  readonly measuredHeapMib: number;
  readonly openSeconds: number;
  readonly openRequests: number;
  readonly openMib: number;
  readonly workloads: readonly WorkloadFacts[];
}

/** A number that no block of the repository has. */
const unknown = 3 * 2 ** 30;
const pieceBlocks = 64;
const pieces = 4_000;
const scatteredBlocks = 20_000;
const mib = 2 ** 20;
const warnings: string[] = [];
const quiet = (): void => undefined;
const logger: Logger = { debug: quiet, info: quiet, warn: (message) => void warnings.push(message), error: quiet };

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

const task = JSON.parse(process.argv[2] ?? "") as IndexBenchTask;
process.stdout.write(JSON.stringify(await measure(task)));
if (warnings.length > 0) throw new Error(`The index warned: ${warnings.join("; ")}`);

async function measure({ images, memoryBytes, leastZeroBits }: IndexBenchTask): Promise<IndexFacts> {
  const store = new SyntheticIndex(images, leastZeroBits);
  const before = await measureMemory();
  const index = new DedupIndex({ memoryBytes });
  const context = { store, keys: store.keys, clock: new SystemClock(), random: systemRandom, logger, packs: defaultPackLimits, index };
  const startedAtMs = performance.now();
  await index.refresh(context);
  const openSeconds = (performance.now() - startedAtMs) / 1000;
  const open = store.takeReads();
  if (2 ** leastZeroBits > index.statistics.sampledOneIn) throw new Error(`The index asked for 1 in ${String(index.statistics.sampledOneIn)}: leastZeroBits is too high.`);

  const random = randomNumbers();
  const image = (number: number): Iterable<number> => range(number * imageBlocks, imageBlocks);
  const anywhere = function* anywhere(count: number, length: number): Generator<number> {
    for (let piece = 0; piece < count; piece++) yield* range(Math.floor(random() * (store.blocks - length)), length);
  };
  const changed = function* changed(): Generator<number> {
    for (const block of image(images - 1)) yield random() < 0.2 ? block + unknown : block;
  };
  const find = async (workload: string, blocks: Iterable<number>): Promise<WorkloadFacts> => await findAll(workload, blocks, new IndexedBlocks(context, {}), store);
  const workloads = [
    await find("a copy of an image", image(Math.floor(images / 2))),
    await find("an image with 20 % of its blocks changed", changed()),
    await find(`pieces of ${String(pieceBlocks)} blocks from anywhere`, anywhere(pieces, pieceBlocks)),
    await find("single blocks from anywhere", anywhere(scatteredBlocks, 1)),
  ];
  // the prototype's method stands again once this one is gone
  Object.defineProperty(index, "packAfter", { value: () => undefined });
  workloads.push(await find("a copy of another image, the next pack not fetched ahead", image(0)));
  const after = await measureMemory();
  const { sampledOneIn, packs, memoryBytes: counted } = index.statistics;
  return { blocks: store.blocks, sampledOneIn, packs, memoryMib: counted / mib, measuredArraysMib: (after.arrayBuffers - before.arrayBuffers) / mib, measuredHeapMib: (after.heapUsed - before.heapUsed) / mib, openSeconds, openRequests: open.requests, openMib: open.bytes / mib, workloads };
}

async function findAll(workload: string, blocks: Iterable<number>, session: IndexedBlocks, store: SyntheticIndex): Promise<WorkloadFacts> {
  await session.find(blockIdOf(unknown));
  store.takeReads();
  const startedAtMs = performance.now();
  let asked = 0;
  let held = 0;
  let found = 0;
  for (const block of blocks) {
    const blockId = blockIdOf(block);
    const hit = await session.find(blockId);
    asked++;
    if (block < unknown) held++;
    if (hit === undefined) continue;
    if (block >= unknown || !hit.entry.blockId.equals(blockId)) throw new Error(`Block ${String(block)} was found in a pack that does not hold it.`);
    found++;
  }
  const reads = store.takeReads();
  return { workload, blocks: held, found: found / held, microsecondsPerBlock: ((performance.now() - startedAtMs) * 1000) / asked, directoryReads: reads.requests, directoryMib: reads.bytes / mib };
}

async function measureMemory(): Promise<NodeJS.MemoryUsage> {
  // memory of arrays is given back a moment after they are found to be garbage
  for (let round = 0; round < 3; round++) {
    collectGarbage();
    await new Promise((resolve) => setImmediate(resolve));
  }
  return process.memoryUsage();
}

function* range(first: number, count: number): Generator<number> {
  for (let number = first; number < first + count; number++) yield number;
}

/** The same numbers from 0 to 1 every time. */
function randomNumbers(): () => number {
  let state = 1;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
