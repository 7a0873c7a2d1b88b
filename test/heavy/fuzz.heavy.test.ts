import { describe, expect, it } from "vitest";
import { readCorpus } from "../fuzz/corpus.js";
import { fuzz } from "../fuzz/fuzz.js";
import { targets } from "../fuzz/targets/index.js";

/** All parsers together, a minute. Another minute each time: a finding tells its input. */
const totalMs = 60_000;
/** Of each, also where the machine is so busy that what is known already takes all of its time. */
const leastInputs = 20;

describe("inputs that nobody thought of", () => {
  it.each(targets.map((target) => [target.name, target] as const))("%s: are taken, or refused by an error that says why, in time", async (name, target) => {
    const endAt = performance.now() + totalMs / targets.length;
    try {
      const { inputs } = await fuzz(target, { seed: Date.now() % 2 ** 31, corpus: await readCorpus(name), isOver: (tried) => tried >= leastInputs && performance.now() > endAt });
      expect(inputs).toBeGreaterThanOrEqual(leastInputs);
    } finally {
      await target.close?.();
    }
  });
});
