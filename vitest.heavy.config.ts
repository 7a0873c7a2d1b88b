import { BaseSequencer, type TestSpecification } from "vitest/node";
import { defineConfig } from "vitest/config";
import { alias, env, globalSetup } from "./vitest.config.js";

/** Far beyond what any takes on two cores that have nothing else to do. */
const patienceMs = 20 * 60 * 1000;

/** These begin first, so that none of them is left to run alone at the end. */
const longest = ["volume-64-tib", "simulation", "simulation-closely", "simulated-year", "iam-statements", "transfer-faults", "instance-restore-faults", "estimate"];

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const place = ({ moduleId }: TestSpecification): number => {
      const found = longest.findIndex((name) => moduleId.endsWith(`/${name}.heavy.test.ts`));
      return found === -1 ? longest.length : found;
    };
    return (await super.sort(files)).sort((one, other) => place(one) - place(other));
  }
}

/** The suites that take minutes: crashes at every write, very large volumes. Two files at a time, each in a process of its own, whose memory is its own. */
export default defineConfig({
  resolve: { alias },
  test: {
    include: ["test/heavy/**/*.test.ts"],
    globalSetup,
    env,
    pool: "forks",
    maxWorkers: 2,
    sequence: { sequencer: LongestFirst },
    testTimeout: patienceMs,
    hookTimeout: patienceMs,
  },
});
