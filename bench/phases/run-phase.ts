import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { builtEntries } from "../built-entry.js";
import type { PhaseFacts, PhaseTask } from "./phase.js";

/** A long list of changed blocks goes with the task; arguments have room for it up to here. */
const maxTaskBytes = 100_000;

/** Said in every process, it would hide what the benchmark says. */
const env = { ...process.env, AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: "true" };

/** Runs a phase in an engine process of its own; its failure rejects. */
export async function runPhase(task: PhaseTask): Promise<PhaseFacts> {
  const argument = JSON.stringify(task);
  if (argument.length > maxTaskBytes) throw new RangeError("The image is too large for this benchmark: take a smaller --size.");
  const { stdout } = await promisify(execFile)(process.execPath, [join(await builtEntries(), "engine.js"), argument], { env });
  return JSON.parse(stdout) as PhaseFacts;
}
