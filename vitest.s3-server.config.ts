import { defineConfig } from "vitest/config";
import { alias, env, globalSetup } from "./vitest.config.js";

/** The contracts of an object store against S3 servers of others, which are installed and started here: one at a time, on a small machine. */
export default defineConfig({
  resolve: { alias },
  test: {
    include: ["test/independent-s3/**/*.s3.test.ts"],
    globalSetup,
    env,
    fileParallelism: false,
    testTimeout: 60_000,
    hookTimeout: 5 * 60_000,
  },
});
