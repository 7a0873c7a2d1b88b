import { defineConfig } from "tsup";

/** The data mover's program and the code of its threads: a file each with all that it needs, for the runtime that its bundle brings along. */
export default defineConfig({
  entry: { mover: "src/composition/mover/main.ts", "seal-thread": "src/repository/pack/sealing/seal-thread.ts" },
  outDir: "dist/mover",
  format: "esm",
  outExtension: () => ({ js: ".mjs" }),
  target: "node22",
  platform: "node",
  splitting: false,
  sourcemap: false,
  // errors are told apart by the names of their classes
  keepNames: true,
  clean: true,
  dts: false,
  noExternal: [/.*/],
  // Node has zstd itself from 22.15 on; the binding is for Node 20 alone.
  external: ["@toondepauw/node-zstd"],
  // what is bundled of CommonJS asks for Node's own modules by `require`
  banner: { js: 'import { createRequire as holdfastRequire } from "node:module"; const require = holdfastRequire(import.meta.url);' },
});
