import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { builtEntries } from "../built-entry.js";
import { measureCommand, type CommandFacts } from "../peers/measured-command.js";
import { moverNodeFlags } from "../../src/workers/bootstrap/mover-node-flags.js";
import type { PhaseFacts, PhaseTask } from "./phase.js";

/** Said in every process, it would hide what the benchmark says. */
const env = { AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: "true" };

/** Runs a phase in an engine process of its own, as a worker runs it; its failure rejects. */
export async function runPhase(task: PhaseTask, node: string): Promise<PhaseFacts> {
  return await withTask(task, async (args) => JSON.parse((await promisify(execFile)(node, args, { env: { ...process.env, ...env } })).stdout) as PhaseFacts);
}

/** The same, measured from outside as any other program is: Node's own start is in it. */
export async function measurePhase(task: PhaseTask, node: string): Promise<CommandFacts> {
  return await withTask(task, async (args) => await measureCommand(node, args, env));
}

/** Its task may be longer than arguments can be: it lies in a file. */
async function withTask<Result>(task: PhaseTask, run: (args: string[]) => Promise<Result>): Promise<Result> {
  const folder = await mkdtemp(join(tmpdir(), "holdfast-bench-task-"));
  try {
    const path = join(folder, "task.json");
    await writeFile(path, JSON.stringify(task));
    return await run([...moverNodeFlags, join(await builtEntries(), "engine.js"), path]);
  } finally {
    await rm(folder, { recursive: true });
  }
}
