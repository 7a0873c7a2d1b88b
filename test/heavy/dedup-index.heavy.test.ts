import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import type { IndexBenchTask, IndexFacts } from "../../bench/index/run-index.js";

const entry = fileURLToPath(new URL("../../bench/index/run-index.ts", import.meta.url));
const budgetMib = 384;
/** What else a process has at the moment. */
const noiseMib = 8;

async function run(task: Omit<IndexBenchTask, "memoryBytes">): Promise<IndexFacts> {
  const { stdout } = await promisify(execFile)(process.execPath, ["--import", "tsx", entry, JSON.stringify({ ...task, memoryBytes: budgetMib * 2 ** 20 })]);
  const facts = JSON.parse(stdout) as IndexFacts;
  console.table(facts.workloads);
  return facts;
}

describe("the dedup index within 384 MiB", () => {
  it.each([
    { images: 10, leastZeroBits: 0, sampledOneIn: 1, openMib: 200, leastPieces: 0.9999 },
    { images: 96, leastZeroBits: 2, sampledOneIn: 4, openMib: 600, leastPieces: 0.9 },
    { images: 954, leastZeroBits: 5, sampledOneIn: 32, openMib: 600, leastPieces: 0.5 },
  ])("of $images images of 2^20 blocks finds nearly all that comes as it was stored, and takes no more memory than it says", async ({ images, leastZeroBits, sampledOneIn, openMib, leastPieces }) => {
    const facts = await run({ images, leastZeroBits });
    expect(facts.sampledOneIn).toBe(sampledOneIn);
    expect(facts.memoryMib).toBeLessThanOrEqual(budgetMib);
    // measured: no more than it says
    expect(facts.measuredArraysMib).toBeLessThanOrEqual(facts.memoryMib + noiseMib);
    expect(facts.measuredArraysMib + facts.measuredHeapMib).toBeLessThanOrEqual(budgetMib);
    expect(facts.openMib).toBeLessThan(openMib);
    const [copy, changed, pieces, single] = facts.workloads;
    expect(copy?.found).toBeGreaterThan(0.999);
    expect(changed?.found).toBeGreaterThan(0.999);
    expect(pieces?.found).toBeGreaterThan(leastPieces);
    expect(single?.found).toBeGreaterThan(0.9 / sampledOneIn);
  });
});
