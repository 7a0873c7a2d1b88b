import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";

const source = (path: string) => new URL(path, import.meta.url).pathname;

/** The package's own names lead to its source, as in tsconfig.json, so that tests and examples read as a user's code and need no build. */
export const alias = [
  { find: /^holdfast$/, replacement: source("./src/index.ts") },
  { find: /^holdfast\/local$/, replacement: source("./src/local/index.ts") },
  { find: /^holdfast\/object-store$/, replacement: source("./src/object-store/index.ts") },
  { find: /^holdfast\/testing$/, replacement: source("./src/testing/index.ts") },
  // threads run their built program, as the package's do
  { find: /^\.\/start-thread\.js$/, replacement: source("./test/support/built-thread/start-built-thread.ts") },
];

/** Of every run, whatever it includes. */
export const globalSetup = source("./test/support/built-thread/build-thread.ts");

/** Said once in every process, it would hide what the tests say. */
export const env = { AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: "true" };

export default defineConfig({
  resolve: { alias },
  test: {
    include: ["src/**/*.test.ts", "test/**/*.test.ts"],
    exclude: ["test/heavy/**", "test/independent-s3/**", "test/devices/**", "node_modules/**"],
    globalSetup,
    env,
    // A file's tests leave their process as they found it, so that many files share one, which loads the engine and the AWS SDK once.
    isolate: false,
    maxWorkers: availableParallelism(),
    // for machines that do ten other things at once: none takes a minute where it has two cores to itself
    testTimeout: 300_000,
    hookTimeout: 300_000,
  },
});
