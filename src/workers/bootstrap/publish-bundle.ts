import { HoldfastError } from "../../errors/index.js";
import { controlNames } from "../../mover/protocol/object-names.js";
import { optionError } from "../../options/option-error.js";
import type { ObjectStore, WorkerArchitecture } from "../../ports/index.js";
import type { WorkerPoolEnvironment } from "../pool-context.js";
import type { ResolvedPoolOptions } from "../pool-options.js";

/** Publishes the data mover of an architecture under its digest, unless it is there. What is there under a digest is never replaced: the worker checks it. */
export async function publishBundle(store: ObjectStore, options: ResolvedPoolOptions, environment: Pick<WorkerPoolEnvironment, "readBundle">, architecture: WorkerArchitecture): Promise<{ readonly name: string; readonly sha256: string }> {
  const path = options.bundles[architecture];
  if (path === undefined) {
    throw optionError(`bundles.${architecture}`, `is missing, and a profile has an instance type of that architecture. Make the bundle by "npx holdfast-bundle --architecture ${architecture}" and name its file.`);
  }
  const { sha256, body } = await environment.readBundle(path, architecture);
  const name = controlNames.bundle(sha256);
  if ((await store.head(name)) !== undefined) return { name, sha256 };
  try {
    await store.put(name, body, { condition: "absent", sha256: Buffer.from(sha256, "hex") });
  } catch (error) {
    // another engine published the same bytes at the same time
    if (!(HoldfastError.isInstance(error) && error.code === "ConditionFailed")) throw error;
  }
  return { name, sha256 };
}
