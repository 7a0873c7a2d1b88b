import { defineConfig } from "vitest/config";
import { alias, env } from "./vitest.config.js";

const tenMinutesMs = 10 * 60 * 1000;

/** The suites that take minutes: crashes at every write, very large volumes. One file at a time, because they measure memory and time. */
export default defineConfig({
  resolve: { alias },
  test: {
    include: ["test/heavy/**/*.test.ts"],
    env,
    fileParallelism: false,
    testTimeout: tenMinutesMs,
    hookTimeout: tenMinutesMs,
  },
});
