import fs, { type FileHandle } from "node:fs/promises";
import { writeSync } from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { relative } from "node:path";

/** What a killed process says last, on its standard error. */
export interface LastWords {
  readonly boundary: number;
  /** The change that did not take effect, was done by half, or had just taken effect. */
  readonly label: string;
  /** Whether a group had got its name: from then on the restore point exists. */
  readonly isCommitted: boolean | "perhaps";
}

/** Where this process dies, and what it has passed so far. */
export interface Boundaries {
  readonly passed: number;
}

/** Calls that give, change or take away a name: a crash may fall before one or after it, with its answer lost. */
const nameChanges = ["link", "rename", "unlink", "symlink"] as const;
const otherChanges = ["mkdir", "rm"] as const;

/**
 * Makes this process kill itself by SIGKILL at its `killAt`-th boundary: before each change that it makes in the file system,
 * in the middle of each write, and after each change of a name. Works on the calls of Node itself, so that the code under
 * test is the code that users run. Within one file the writes number 1, 2, 4, 8, … count: those between leave the same
 * thing, a temporary file of another length.
 */
export function dieAtBoundary(root: string, killAt: number): Boundaries {
  const state = { passed: 0, isCommitted: false };
  const boundary = (label: string): boolean => ++state.passed === killAt && tellLastWords({ boundary: killAt, label, isCommitted: state.isCommitted });
  const name = (path: unknown): string => placeOf(relative(root, String(path)));
  const calls = fs as unknown as Record<string, (...values: unknown[]) => Promise<unknown>>;
  for (const call of [...nameChanges, ...otherChanges]) {
    const original = calls[call];
    if (original === undefined) throw new Error(`Node has no fs.${call}.`);
    const pathAt = call === "link" || call === "rename" || call === "symlink" ? 1 : 0;
    calls[call] = async (...values) => {
      const label = `${call} ${name(values[pathAt])}`;
      if (boundary(`before ${label}`)) die();
      const result = await original(...values);
      if (call === "link" && label.startsWith("link groups")) state.isCommitted = true;
      if (call !== "mkdir" && call !== "rm" && boundary(`after ${label}`)) die();
      return result;
    };
  }
  const open = fs.open;
  fs.open = async (...values) => {
    const writes = values[1] !== undefined && values[1] !== "r";
    if (writes && boundary(`before open ${name(values[0])}`)) die();
    const handle = await open(...values);
    if (writes) watchHandle(handle, name(values[0]), boundary);
    return handle;
  };
  syncBuiltinESMExports();
  return state;
}

function watchHandle(handle: FileHandle, name: string, boundary: (label: string) => boolean): void {
  let writes = 0;
  const write = handle.write.bind(handle) as (buffer: Uint8Array, offset: number, length: number) => Promise<{ bytesWritten: number; buffer: Uint8Array }>;
  const watched = async (buffer: Uint8Array, offset: number, length: number): Promise<{ bytesWritten: number; buffer: Uint8Array }> => {
    writes++;
    if (!Number.isInteger(Math.log2(writes))) return await write(buffer, offset, length);
    if (boundary(`before write ${String(writes)} of ${name}`)) die();
    if (boundary(`half of write ${String(writes)} of ${name}`)) {
      await write(buffer, offset, Math.floor(length / 2));
      die();
    }
    return await write(buffer, offset, length);
  };
  handle.write = watched as FileHandle["write"];
  for (const call of ["sync", "utimes"] as const) {
    const original = handle[call].bind(handle) as (...values: unknown[]) => Promise<void>;
    handle[call] = async (...values: unknown[]) => {
      if (boundary(`before ${call} of ${name}`)) die();
      await original(...values);
    };
  }
}

/** Object names are random: the part that says what kind of object it is. */
function placeOf(path: string): string {
  const parts = path.split("/");
  return parts.slice(0, parts[0] === ".holdfast" ? 2 : 1).join("/") || ".";
}

/** Says where the process dies, for whoever waits for its end. */
export function tellLastWords(words: LastWords): true {
  writeSync(2, JSON.stringify(words));
  return true;
}

/** Ends this process by SIGKILL, as a crash does. */
export function die(): never {
  process.kill(process.pid, "SIGKILL");
  throw new Error("A process outlived its own SIGKILL.");
}
