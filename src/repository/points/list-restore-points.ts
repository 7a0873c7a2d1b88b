import * as z from "zod";
import { HoldfastError, NotFoundError } from "../../errors/index.js";
import { checkOptions } from "../../options/check-options.js";
import { dateSchema, filledText, signalSchema } from "../../options/schemas.js";
import type { ObjectInfo } from "../../ports/index.js";
import { isPointSize, openGroup, type Group } from "../format/group.js";
import { objectNames } from "../format/object-names.js";
import { listStored, readStored } from "../locks/read-stored.js";
import { readProven } from "../store/read-proven.js";
import type { RepositoryContext, SignalOptions } from "../repository-context.js";
import { isPointGone } from "./is-point-gone.js";
import { groupNameOf, pointId, pointTime } from "../format/point-id.js";
import { RestorePoint } from "./restore-point.js";

/** Which restore points are listed. Without options, all. */
export interface ListRestorePointsOptions extends SignalOptions {
  /** Only this resource's points: `i-…`, `vol-…`'s full name `<account>/<region>/<id>`. Oldest first within a resource. */
  readonly resource?: string | undefined;
  /** Only points begun at or after this time, by the clock of who began them. With `resource`, older ones are not even listed. */
  readonly since?: Date | undefined;
}

const schema = z.strictObject({ resource: filledText("must be a resource: <account>/<region>/<id>.").optional(), since: dateSchema.optional(), signal: signalSchema });

/** Checks the options; raises `ConfigurationError` naming the path. */
export function checkListOptions(options: ListRestorePointsOptions): ListRestorePointsOptions {
  return checkOptions<ListRestorePointsOptions>(options, { of: "a list of restore points", schema });
}

/** Lists restore points; a damaged one is raised, unless `onDamage` takes it. */
export async function* listRestorePoints(
  context: RepositoryContext,
  options: ListRestorePointsOptions & { readonly onDamage?: ((object: string, error: HoldfastError) => void) | undefined } = {},
): AsyncGenerator<RestorePoint> {
  for await (const { name, versionId } of listPointObjects(context, options)) {
    try {
      const point = await readRestorePoint(context, pointId(name), { signal: options.signal, versionId });
      // without the key of names the listing is of all resources
      if (options.resource === undefined || point.resource === options.resource) yield point;
    } catch (error) {
      // removed between the listing and the reading
      if (isPointGone(error)) continue;
      if (options.onDamage === undefined || !HoldfastError.isInstance(error) || error.name !== "IntegrityError") throw error;
      options.onDamage(name, error);
    }
  }
}

/** The objects of restore points, unread. Without the key of names a resource's group cannot be told by its name: then those of all resources. */
export async function* listPointObjects(context: RepositoryContext, { resource: wanted, since, signal }: ListRestorePointsOptions): AsyncGenerator<ObjectInfo> {
  const resource = context.keys.holds("names") ? wanted : undefined;
  const prefix = resource === undefined ? objectNames.groups : objectNames.resourceGroups(context.keys.resourceName(resource));
  const from = since === undefined ? undefined : pointTime(since);
  const startAfter = from === undefined || resource === undefined ? undefined : prefix + from;
  for await (const object of listStored(context, prefix, { startAfter, judge: "all", signal })) {
    if (!isPointSize(object.sizeBytes)) continue;
    if (from === undefined || object.name.slice(object.name.lastIndexOf("/") + 1) >= from) yield object;
  }
}

export async function readRestorePoint(context: RepositoryContext, id: string, options: SignalOptions & { readonly versionId?: string | undefined } = {}): Promise<RestorePoint> {
  const group = await readGroup(context, groupNameOf(id), options);
  if (group === undefined) {
    throw new NotFoundError(`The restore point ${id} was removed. repository.restorePoints() lists those that are there.`, { code: "RestorePointRemoved", context: { restorePoint: id } });
  }
  return new RestorePoint(context, id, group);
}

/** A restore point's group as its name stands for it; `undefined` where it is withdrawn, `NotFoundError` where there is none. */
export async function readGroup(context: RepositoryContext, name: string, options: SignalOptions & { readonly versionId?: string | undefined } = {}): Promise<Group | undefined> {
  return await readProven(context.logger, name, async () => openGroup(context.keys, name, (await readStored(context, name, options)).body));
}
