import { defineConfig } from "vitest/config";
import { alias, env } from "./vitest.config.js";

const tenMinutesMs = 10 * 60 * 1000;

/** The suites that take minutes: crashes at every write, very large volumes. Two files at a time, each in a process of its own, whose memory is its own. */
export default defineConfig({
  resolve: { alias },
  test: {
    include: ["test/heavy/**/*.test.ts"],
    env,
    pool: "forks",
    maxWorkers: 2,
    testTimeout: tenMinutesMs,
    hookTimeout: tenMinutesMs,
  },
});
