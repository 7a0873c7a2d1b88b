import { createHash } from "node:crypto";
import { ConflictError } from "../../errors/index.js";
import type { ObjectInfo, ObjectLock, ObjectStore, PutOptions } from "../../ports/index.js";
import { isConditionFailed } from "./store-answers.js";

/** What an immutable object's put needs beside name and bytes. */
export interface PutOnceOptions {
  readonly sha256: Buffer;
  readonly lock?: ObjectLock | undefined;
  readonly temperature?: PutOptions["temperature"];
  readonly signal?: AbortSignal | undefined;
}

/**
 * Stores an object under a name that is used once. Where the name is taken already, the object there is read: if it is
 * this very one, a reply was lost on the way and all is well.
 */
export async function putOnce(store: ObjectStore, name: string, parts: readonly Buffer[], options: PutOnceOptions): Promise<ObjectInfo> {
  try {
    return await store.put(name, parts, { condition: "absent", ...options });
  } catch (error) {
    if (!isConditionFailed(error)) throw error;
    const found = await store.get(name, { signal: options.signal });
    if (createHash("sha256").update(found.body).digest().equals(options.sha256)) return found;
    throw new ConflictError(`${name} exists already with other content: names of this repository are random and never repeat, so something else writes here. Nothing was committed. Find out what it is.`, {
      code: "NameTaken",
      context: { object: name },
      cause: error,
    });
  }
}
