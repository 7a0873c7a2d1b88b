import { isPointSize } from "../format/group.js";
import { objectNames, verifiedGroup } from "../format/object-names.js";
import { listStored } from "../locks/read-stored.js";
import { groupNameOf, pointTime } from "../format/point-id.js";
import type { RepositoryContext, SignalOptions } from "../repository-context.js";
import { deleteObjects } from "../store/delete-objects.js";
import { isGone } from "../store/store-answers.js";
import { openVerification, sealVerification, type RestoreVerification } from "./restore-verification.js";

/** Keeps what a verified restore found with its point. */
export async function putVerification({ store, keys }: RepositoryContext, verification: RestoreVerification, options: SignalOptions): Promise<void> {
  const { restorePoint, startedAt, session } = verification;
  const name = objectNames.verification(groupNameOf(restorePoint), pointTime(new Date(startedAt)), session);
  await store.put(name, await sealVerification(keys, name, verification), options);
}

/** The verified restores of a point, oldest first. A damaged one raises `IntegrityError`. */
export async function* listVerifications({ store, keys }: RepositoryContext, pointId: string, options: SignalOptions): AsyncGenerator<RestoreVerification> {
  for await (const { name } of store.list(objectNames.verifications(groupNameOf(pointId)), options)) {
    try {
      yield await openVerification(keys, name, (await store.get(name, options)).body);
    } catch (error) {
      // removed with its point between the listing and the reading
      if (!isGone(error)) throw error;
    }
  }
}

/** Removes what is kept of verified restores of points that are no more: for a collection, which removes the rest of them too. */
export async function removeStrayVerifications(context: RepositoryContext, options: SignalOptions): Promise<void> {
  const strays = new Map<string, string[]>();
  // listed before the groups: a point whose verification is here was committed before
  for await (const { name } of context.store.list(objectNames.allVerifications, options)) {
    const group = verifiedGroup(name);
    if (group !== undefined) strays.set(group, [...(strays.get(group) ?? []), name]);
  }
  if (strays.size === 0) return;
  for await (const { name, sizeBytes } of listStored(context, objectNames.groups, { ...options, judge: "all" })) if (isPointSize(sizeBytes)) strays.delete(name);
  await deleteObjects(context.store, [...strays.values()].flat(), options);
}
