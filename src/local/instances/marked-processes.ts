import { readdirSync, readFileSync } from "node:fs";
import { codeOf } from "./error-code.js";

/** By this variable every process of an instance is known, whatever group or session it went to: its value is the instance's folder. */
export const MARK = "HOLDFAST_LOCAL_INSTANCE";

const PROC = "/proc";

/**
 * The processes of an instance: those that carry its mark, and those of its group.
 *
 * Where the machine has no `/proc`, only the group is known: its leader stands for it, as a negative number.
 */
export function processesOf(folder: string, groupId: number | undefined): number[] {
  let names: string[];
  try {
    names = readdirSync(PROC);
  } catch (error) {
    if (codeOf(error) !== "ENOENT") throw error;
    return groupId !== undefined && isThere(-groupId) ? [-groupId] : [];
  }
  return names
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => isOf(pid, folder, groupId));
}

/** Sends a signal to processes; one that is gone needs none. */
export function signalAll(pids: readonly number[], signal: NodeJS.Signals): void {
  for (const pid of pids) {
    try {
      process.kill(pid, signal);
    } catch (error) {
      if (codeOf(error) !== "ESRCH") throw error;
    }
  }
}

function isOf(pid: number, folder: string, groupId: number | undefined): boolean {
  const status = read(`${PROC}/${pid}/stat`);
  if (status === undefined) return false;
  // The command's name, in parentheses, may hold anything.
  const [state, , group] = status.slice(status.lastIndexOf(")") + 2).split(" ");
  if (state === "Z" || state === "X") return false;
  if (groupId !== undefined && Number(group) === groupId) return true;
  return read(`${PROC}/${pid}/environ`)?.split("\0").includes(`${MARK}=${folder}`) === true;
}

/** Undefined for a process that is gone, or another user's. */
function read(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (["ENOENT", "ESRCH", "EACCES", "EPERM"].some((code) => code === codeOf(error))) return undefined;
    throw error;
  }
}

function isThere(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    if (codeOf(error) === "ESRCH") return false;
    throw error;
  }
}
