import { execFile } from "node:child_process";
import { promisify } from "node:util";

/** Runs a command to its end; its error tells what it said. */
export async function runCommand(command: string, args: readonly string[], need: string, environment: NodeJS.ProcessEnv = {}): Promise<void> {
  try {
    await promisify(execFile)(command, [...args], { env: { ...process.env, ...environment } });
  } catch (error) {
    throw new Error(`${need} ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}
