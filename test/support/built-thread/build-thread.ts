import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "tsup";
import type { TestProject } from "vitest/node";

declare module "vitest" {
  interface ProvidedContext {
    /** The file of the built program of the threads that seal and open blocks. */
    readonly sealThread: string;
  }
}

/** Inside the project, so that packages are found. */
const parent = fileURLToPath(new URL("../../../node_modules/.cache", import.meta.url));
const source = fileURLToPath(new URL("../../../src/repository/pack/sealing/seal-thread.ts", import.meta.url));

/** Builds the program of the threads before the first test, and removes it after the last: a loader of TypeScript would take ten times the time of each thread's start. */
export default async function buildThread(project: TestProject): Promise<() => Promise<void>> {
  await mkdir(parent, { recursive: true });
  const outDir = await mkdtemp(join(parent, "holdfast-thread-"));
  await build({ config: false, entry: { "seal-thread": source }, outDir, format: "esm", target: "node20", platform: "node", splitting: false, silent: true });
  project.provide("sealThread", join(outDir, "seal-thread.js"));
  return async () => {
    await rm(outDir, { recursive: true, force: true });
  };
}
