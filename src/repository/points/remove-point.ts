import * as z from "zod";
import { ConflictError } from "../../errors/index.js";
import { checkOptions } from "../../options/check-options.js";
import { signalSchema, truth } from "../../options/schemas.js";
import { isPointSize } from "../format/group.js";
import { objectNames } from "../format/object-names.js";
import { listStored } from "../locks/read-stored.js";
import type { RepositoryContext, SignalOptions } from "../repository-context.js";
import { deleteObjects } from "../store/delete-objects.js";
import { groupNameOf, pointId } from "../format/point-id.js";
import { withdrawPoint } from "./withdraw-group.js";

/** How a restore point is removed. */
export interface RemovePointOptions extends SignalOptions {
  /** Also the newest point of its resource: the last resort, and what the next increment builds on. Default false. */
  readonly evenNewest?: boolean | undefined;
}

const schema = z.strictObject({ evenNewest: truth, signal: signalSchema });

/** Checks the options; raises `ConfigurationError` naming the path. */
export function checkRemoveOptions(options: RemovePointOptions): RemovePointOptions {
  return checkOptions<RemovePointOptions>(options, { of: "a removal", schema });
}

/** Removes a restore point; `false` where it was removed already. Its data goes with the next collection. */
export async function removePoint(context: RepositoryContext, id: string, options: RemovePointOptions = {}): Promise<boolean> {
  const name = groupNameOf(id);
  const { signal } = options;
  if (options.evenNewest !== true && (await newestOf(context, name, { signal })) === name) {
    throw new ConflictError(`${id} is the newest restore point of its resource. It is removed only with { evenNewest: true }: after that the resource has no point of that age, and its next backup reads everything.`, {
      code: "NewestPoint",
      context: { restorePoint: id },
    });
  }
  const isRemoved = await withdrawPoint(context, name, { signal });
  await removeVerifications(context, name, { signal });
  return isRemoved;
}

/** What verified restores found goes with the point; where that fails, the next collection does it. */
async function removeVerifications({ store, logger }: RepositoryContext, groupName: string, options: SignalOptions): Promise<void> {
  try {
    await deleteObjects(store, namesUnder(store, objectNames.verifications(groupName), options), options);
  } catch (error) {
    options.signal?.throwIfAborted();
    logger.warn("the verifications of a removed point could not be removed; a collection does it", { restorePoint: pointId(groupName), error: error instanceof Error ? error.message : String(error) });
  }
}

async function* namesUnder(store: RepositoryContext["store"], prefix: string, options: SignalOptions): AsyncGenerator<string> {
  for await (const { name } of store.list(prefix, options)) yield name;
}

async function newestOf(context: RepositoryContext, groupName: string, options: SignalOptions): Promise<string | undefined> {
  const resource = groupName.slice(objectNames.groups.length, groupName.lastIndexOf("/"));
  let newest: string | undefined;
  for await (const { name, sizeBytes } of listStored(context, objectNames.resourceGroups(resource), { ...options, judge: "all" })) if (isPointSize(sizeBytes)) newest = name;
  return newest;
}
