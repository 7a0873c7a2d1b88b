import { execFile } from "node:child_process";
import { promisify } from "node:util";

/** Tools of file systems often lie where only root's PATH leads. */
const path = [process.env.PATH, "/usr/sbin", "/sbin"].join(":");

/** Runs a tool of the machine; false where it has none of that name. Raises what the tool says when it fails. */
export async function runTool(name: string, args: readonly string[]): Promise<boolean> {
  try {
    await promisify(execFile)(name, [...args], { env: { ...process.env, PATH: path } });
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return false;
    throw error;
  }
}
