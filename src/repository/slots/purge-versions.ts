import type { ObjectStore } from "../../ports/index.js";
import type { SignalOptions } from "../repository-context.js";

/** Removes for good what a removed object leaves on a store with versions. The oldest first: the marker above them goes last, so that nothing comes back. */
export async function purgeVersions(store: ObjectStore, name: string, options: SignalOptions = {}): Promise<void> {
  const versions = await store.versions?.(options);
  if (versions === undefined) return;
  const left: string[] = [];
  for await (const version of versions.list(name, options)) if (version.name === name) left.unshift(version.versionId);
  for (const versionId of left) await versions.delete(name, versionId, options);
}
