import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "tsup";
import type { SoakOptions } from "./soak-options.js";

const source = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** glibc keeps what was freed by default, and the more the larger it was: with fixed thresholds the process's memory is what is held. */
const allocator = { MALLOC_MMAP_THRESHOLD_: "131072", MALLOC_TRIM_THRESHOLD_: "131072" };

/** Runs a soak in processes of its own, built as the package is, and gives its exit code: 0 where all is well, 1 for a finding. */
export async function runSoak(options: SoakOptions): Promise<number> {
  const parent = source("../../node_modules/.cache");
  await mkdir(parent, { recursive: true });
  // inside the project, so that packages are found; its own, so that nothing of a later build gets into a run
  const built = await mkdtemp(join(parent, "holdfast-soak-"));
  const folder = await mkdtemp(join(tmpdir(), "holdfast-soak-"));
  try {
    const entry = { main: source("./main.ts"), cloud: source("./cloud/cloud.ts"), "seal-thread": source("../../src/repository/pack/sealing/seal-thread.ts"), "kernel-files": source("../../src/restore/files/kernel/kernel-files.js") };
    await build({ config: false, entry, outDir: built, format: "esm", target: "node20", platform: "node", splitting: true, keepNames: true, silent: true });
    await writeFile(join(built, "package.json"), '{ "type": "module" }');
    await mkdir(join(folder, "temporary"));
    // what the engine puts into the temporary folder is counted there
    const env = { ...process.env, ...allocator, TMPDIR: join(folder, "temporary") };
    const child = spawn(process.execPath, ["--expose-gc", join(built, "main.js"), folder, JSON.stringify(options)], { stdio: ["ignore", "inherit", "inherit"], env });
    const [code] = (await once(child, "exit")) as [number | null];
    return code ?? 1;
  } finally {
    await rm(built, { recursive: true, force: true });
    await rm(folder, { recursive: true, force: true });
  }
}
