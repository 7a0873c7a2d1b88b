import { execFile } from "node:child_process";
import { promisify } from "node:util";

const execute = promisify(execFile);
const maxOutputBytes = 64 * 2 ** 20;

/** Runs one of the machine's tools; rejects with what it said. */
export async function runTool(command: string, args: readonly string[], options: { readonly cwd?: string; readonly encoding?: "utf8" | "latin1" } = {}): Promise<string> {
  const { stdout } = await execute(command, [...args], { encoding: "utf8", ...options, maxBuffer: maxOutputBytes });
  return stdout;
}
