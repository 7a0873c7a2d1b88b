import { spawn } from "node:child_process";
import { text } from "node:stream/consumers";
import type { LastWords } from "./boundaries.js";
import { killedRunProgram } from "./build-killed-run.js";
import type { KilledRun } from "./killed-run.js";

/** How a run ended: killed at its boundary, or complete because it has fewer boundaries than that. */
export type RunEnd = ({ readonly end: "killed" } & LastWords) | { readonly end: "completed"; readonly passed: number };

/** Starts a run in a process of its own and waits for its end; anything but SIGKILL or success is an error. */
export async function runAndKill(run: KilledRun): Promise<RunEnd> {
  const child = spawn(process.execPath, [await killedRunProgram(), JSON.stringify(run)], { stdio: ["ignore", "pipe", "pipe"] });
  const ended = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) => {
      resolve({ code, signal });
    });
  });
  const [output, complaint, { code, signal }] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  // Node itself may have warned of something before
  const lastWords = complaint.trimEnd().split("\n").at(-1) ?? "";
  if (signal === "SIGKILL" && lastWords.startsWith("{")) return { end: "killed", ...(JSON.parse(lastWords) as LastWords) };
  if (code === 0) return { end: "completed", ...(JSON.parse(output) as { passed: number }) };
  throw new Error(`The run ended by ${signal ?? `exit code ${String(code)}`}, which it should not: ${complaint}`);
}
