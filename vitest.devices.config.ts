import { defineConfig } from "vitest/config";
import { alias, env, globalSetup } from "./vitest.config.js";

const tenMinutesMs = 10 * 60 * 1000;

/** Block devices and files against independent clients and real file systems, made by the machine's own tools: one at a time, on a small machine. */
export default defineConfig({
  resolve: { alias },
  test: {
    include: ["test/devices/**/*.devices.test.ts"],
    globalSetup,
    env,
    fileParallelism: false,
    testTimeout: tenMinutesMs,
    hookTimeout: tenMinutesMs,
  },
});
