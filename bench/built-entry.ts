import { fileURLToPath } from "node:url";
import { build } from "tsup";

/** Inside the project, so that packages are found. */
const folder = fileURLToPath(new URL("../node_modules/.cache/holdfast-bench", import.meta.url));
const source = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
let built: Promise<string> | undefined;

/** The folder with the benchmark's engine processes, built as the package is: what a loader of TypeScript takes is nobody's cost but ours. */
export async function builtEntries(): Promise<string> {
  built ??= (async () => {
    const entry = { engine: source("./phases/engine.ts"), "run-scaling": source("./scaling/run-scaling.ts"), "seal-thread": source("../src/repository/pack/sealing/seal-thread.ts") };
    await build({ config: false, entry, outDir: folder, format: "esm", target: "node20", platform: "node", splitting: true, clean: true, silent: true });
    return folder;
  })();
  return await built;
}
