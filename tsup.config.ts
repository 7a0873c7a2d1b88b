import { defineConfig } from "tsup";

export const entry = {
  index: "src/index.ts",
  "local/index": "src/local/index.ts",
  "object-store/index": "src/object-store/index.ts",
  "testing/index": "src/testing/index.ts",
  "bundle/main": "src/composition/bundle/main.ts",
  // a thread's code is a file of its own, which the engine finds beside its own files
  "seal-thread": "src/repository/pack/sealing/seal-thread.ts",
  // a program of its own, run as it stands: it must lie beside the chunks that name it
  "kernel-files": "src/restore/files/kernel/kernel-files.js",
  // So that a bundler can leave out what is not used, the index is nothing but a list: what two entries share lies in chunks. And what is taken alone has one of its own.
  "parts/engine": "src/index.ts",
  "parts/retention": "src/retention/retention.ts",
  "parts/iam-policies": "src/workers/roles/iam-policies.ts",
};

export default defineConfig({
  entry,
  format: "esm",
  target: "node20",
  platform: "node",
  splitting: true,
  // classes print by their names, and errors are told apart by them
  keepNames: true,
  // what is built reads as it was written, names and lines; maps would be a third of the package
  sourcemap: false,
  clean: true,
  // tsup's declaration step sets `baseUrl`, which TypeScript 6 calls deprecated and would stop at.
  dts: { entry: { index: "src/index.ts", "local/index": "src/local/index.ts", "object-store/index": "src/object-store/index.ts", "testing/index": "src/testing/index.ts" }, compilerOptions: { ignoreDeprecations: "6.0" } },
});
