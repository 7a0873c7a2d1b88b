import type { GetOptions, ObjectContent, ObjectStore } from "../../ports/index.js";
import { isGone } from "./store-answers.js";

/**
 * Reads the version of a pack that a restore point names, so that nothing put over it since can disturb. Where there is no such
 * version - the repository was copied to another place, or the bytes were put back by hand - what is there under the name
 * serves: every page and frame in it proves itself.
 */
export async function getPinned(store: ObjectStore, name: string, options: GetOptions): Promise<ObjectContent> {
  try {
    return await store.get(name, options);
  } catch (error) {
    if (options.versionId === undefined || !isGone(error)) throw error;
    return await store.get(name, { ...options, versionId: undefined });
  }
}
