import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "tsup";

/** Inside the project, so that packages are found. */
const parent = fileURLToPath(new URL("../../node_modules/.cache", import.meta.url));
const source = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
let built: Promise<string> | undefined;

/** The program of a killed run, built once for a process's many runs: a loader of TypeScript would take most of the time of each. */
export async function killedRunProgram(): Promise<string> {
  built ??= (async () => {
    await mkdir(parent, { recursive: true });
    const outDir = await mkdtemp(join(parent, "holdfast-kill-"));
    const entry = { "killed-run": source("./killed-run.ts"), "seal-thread": source("../../src/repository/pack/sealing/seal-thread.ts") };
    await build({ config: false, entry, outDir, format: "esm", target: "node20", platform: "node", splitting: true, silent: true });
    return join(outDir, "killed-run.js");
  })();
  return await built;
}

/** Removes what was built; whoever has called `killedRunProgram` does, after its last run. */
export async function removeKilledRunProgram(): Promise<void> {
  if (built !== undefined) await rm(dirname(await built), { recursive: true });
  built = undefined;
}
