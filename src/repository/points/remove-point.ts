import { ConflictError } from "../../errors/index.js";
import { isPointSize } from "../format/group.js";
import { objectNames } from "../format/object-names.js";
import { listStored } from "../immutability/read-stored.js";
import type { RepositoryContext, SignalOptions } from "../repository-context.js";
import { groupNameOf } from "./point-id.js";
import { withdrawPoint } from "./withdraw-group.js";

/** How a restore point is removed. */
export interface RemovePointOptions extends SignalOptions {
  /** Also the newest point of its resource: the last resort, and what the next increment builds on. Default false. */
  readonly evenNewest?: boolean | undefined;
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
  return await withdrawPoint(context, name, { signal });
}

async function newestOf(context: RepositoryContext, groupName: string, options: SignalOptions): Promise<string | undefined> {
  const resource = groupName.slice(objectNames.groups.length, groupName.lastIndexOf("/"));
  let newest: string | undefined;
  for await (const { name, sizeBytes } of listStored(context, objectNames.resourceGroups(resource), { ...options, judge: "all" })) if (isPointSize(sizeBytes)) newest = name;
  return newest;
}
