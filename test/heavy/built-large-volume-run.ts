import { mkdir, mkdtemp } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "tsup";

const source = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** Builds the process of the large volumes as the package is built: what a loader of TypeScript takes is not the engine's memory. Inside the project, so that packages are found. */
export async function buildLargeVolumeRun(): Promise<{ readonly folder: string; readonly program: string }> {
  const parent = source("../../node_modules/.holdfast");
  await mkdir(parent, { recursive: true });
  const folder = await mkdtemp(join(parent, "large-"));
  const entry = { "large-volume-run": source("./large-volume-run.ts"), "seal-thread": source("../../src/repository/pack/sealing/seal-thread.ts") };
  await build({ config: false, entry, outDir: folder, format: "esm", target: "node20", platform: "node", splitting: true, silent: true });
  return { folder, program: join(folder, "large-volume-run.js") };
}
