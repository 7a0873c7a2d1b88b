import { createHash } from "node:crypto";
import { readFileSync, readlinkSync } from "node:fs";
import { hostname } from "node:os";

/**
 * Who this process is, so that another can tell whether it is still alive: machine, boot, pid namespace, pid and the
 * process's start (a pid alone is given out again).
 */
export const ownIdentity: string = [digest(`${hostname()}\n${readText("/etc/machine-id")}`), digest(readText("/proc/sys/kernel/random/boot_id")), digest(readLink("/proc/self/ns/pid")), process.pid, startOf(process.pid)].join(".");

/** The form of an identity with the random bytes after it: what temporary files are called, and what locks say. */
const ownMark = /^[0-9a-f]{12}\.[0-9a-f]{12}\.[0-9a-f]{12}\.\d{1,10}\.\d{0,20}\.[0-9a-f]{16}$/;

/** Whether an engine can have written this: what somebody else put there is neither removed nor made a path of. */
export function isOwnMark(text: string): boolean {
  return ownMark.test(text);
}

/** What is known of the process behind an identity: `unknown` where it ran on another machine or in another container. */
export function fateOf(identity: string): "alive" | "dead" | "unknown" {
  const [machine, boot, namespace, pidText, start] = identity.split(".");
  const [ownMachine, ownBoot, ownNamespace] = ownIdentity.split(".");
  const pid = Number(pidText);
  if (machine !== ownMachine || !Number.isSafeInteger(pid) || pid <= 0) return "unknown";
  if (boot !== ownBoot) return "dead";
  if (namespace !== ownNamespace) return "unknown";
  if (!exists(pid)) return "dead";
  return startOf(pid) === start ? "alive" : "dead";
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it is there and another user's.
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}

/** The process's start in clock ticks since boot (field 22 of proc(5)'s stat), or nothing where the system has no /proc. */
function startOf(pid: number): string {
  const stat = readText(`/proc/${pid}/stat`);
  // The second field is the program's name in brackets and may hold anything, so count from its end.
  return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? "";
}

function digest(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 12);
}

/** A fact that some systems do not have: then it is empty, and the same for every process there. */
function readText(path: string): string {
  try {
    return readFileSync(path, "utf8").trim();
  } catch {
    return "";
  }
}

function readLink(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return "";
  }
}
