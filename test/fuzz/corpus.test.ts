import { describe, expect, it } from "vitest";
import { readCorpus } from "./corpus.js";
import { fuzz } from "./fuzz.js";
import { MemoryWatch } from "./memory-watch.js";
import { attempt, type FuzzTarget } from "./target.js";
import { targets } from "./targets/index.js";

/** A few inputs of each, always the same ones: `npm run fuzz` tries others for as long as it is let. */
const inputs = 15;

describe("what somebody else may have written is taken, or refused by an error that says why, in time", () => {
  it.each(targets.map((target) => [target.name, target] as const))("%s", async (name, target) => {
    try {
      for (const input of await readCorpus(name)) await attempt(target, input);
      const result = await fuzz(target, { seed: 1, isOver: (tried) => tried >= inputs });
      expect(result.inputs).toBe(inputs);
    } finally {
      await target.close?.();
    }
  });
});

it("an input that takes too much memory is a finding, also where it gives it back at once", async () => {
  const target: FuzzTarget = { name: "memory", seeds: () => [], maxMemoryMib: 48, run: (input) => void Buffer.alloc(input.readUInt8(0) * 2 ** 20, 1) };
  await expect(attempt(target, Buffer.from([1]), new MemoryWatch())).resolves.toBe("taken");
  // what other tests left goes at the moment of a large allocation, and may hide the first ones
  const outcomes: string[] = [];
  for (let turn = 0; turn < 5; turn++) outcomes.push(await attempt(target, Buffer.from([200]), new MemoryWatch()).catch((error: unknown) => String(error)));
  expect(outcomes.at(-1)).toMatch(/took \d+ MiB of memory/);
});
