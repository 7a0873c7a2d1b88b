import { defineConfig } from "vitest/config";
import { alias, env, globalSetup } from "./vitest.config.js";

/** Far beyond what any takes on two cores that have nothing else to do. */
const patienceMs = 20 * 60 * 1000;

/** The suites that take minutes: crashes at every write, very large volumes. Two files at a time, each in a process of its own, whose memory is its own. */
export default defineConfig({
  resolve: { alias },
  test: {
    include: ["test/heavy/**/*.test.ts"],
    globalSetup,
    env,
    pool: "forks",
    maxWorkers: 2,
    testTimeout: patienceMs,
    hookTimeout: patienceMs,
  },
});
