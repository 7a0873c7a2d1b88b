import { resolve } from "node:path";
import { inspect } from "node:util";
import { optionError } from "../../options/option-error.js";
import type { ObjectStorage } from "../../ports/index.js";
import { SystemClock, systemRandom } from "../../system/index.js";
import { DirectoryObjectStore } from "./directory-object-store.js";

/**
 * A repository's place in a directory: for tests, laptops and NAS mounts. Made when the first object is stored; readable by its owner only.
 *
 * @example
 * const repository = await Repository.create({ storage: directoryStorage("/var/backups"), encryption: { passphrase } });
 */
export function directoryStorage(path: string): ObjectStorage {
  if (typeof path !== "string" || path === "" || path.includes("\0")) throw optionError("path", "must be the path of a directory: a text that is not empty and has no null character.");
  const location = resolve(path);
  return { location, openStore: () => DirectoryObjectStore.open(location, { clock: new SystemClock(), random: systemRandom }), ...inspected(location) };
}

/** In a REPL it prints as what it is. */
function inspected(location: string): object {
  return { [inspect.custom]: () => `directoryStorage(${location})` };
}
