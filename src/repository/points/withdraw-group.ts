import { ConflictError } from "../../errors/index.js";
import { openGroupState, sealWithdrawnGroup, type GroupStructure } from "../format/group.js";
import { versionsOf } from "../locks/named-versions.js";
import { freshLock, freshTime } from "../locks/read-store-time.js";
import { standsFor } from "../locks/stands-for.js";
import { pointId } from "../format/point-id.js";
import type { RepositoryContext, SignalOptions } from "../repository-context.js";
import { isConditionFailed } from "../store/store-answers.js";

/**
 * Removes a restore point: its group becomes a withdrawn one, by compare-and-swap. Says whether this call did it; `false`
 * where it was withdrawn already. `mayWithdraw` is asked with what the group says, before.
 */
export async function withdrawPoint(
  context: RepositoryContext,
  groupName: string,
  options: SignalOptions & { readonly mayWithdraw?: ((structure: GroupStructure) => void) | undefined } = {},
): Promise<boolean> {
  const { signal } = options;
  for (;;) {
    const { body, etag } = await context.store.get(groupName, { signal });
    const state = openGroupState(context.keys, groupName, body);
    if (state.kind === "withdrawn") return false;
    options.mayWithdraw?.(state.structure);
    await refuseProtected(context, groupName, state.structure, { signal });
    try {
      await context.store.put(groupName, withdrawn(context, groupName, state.structure.members), { condition: { etag }, lock: await freshLock(context, { signal }), signal });
      return true;
    } catch (error) {
      // somebody else withdrew it, or this very reply was lost: what is there now tells
      if (!isConditionFailed(error)) throw error;
    }
  }
}

/** Takes a name from whoever may still mean to commit a restore point there. `point`: it was committed before. */
export async function withdrawName(context: RepositoryContext, groupName: string, options: SignalOptions = {}): Promise<"withdrawn" | "point"> {
  const hidden = await hiddenGroup(context, groupName, options);
  if (hidden !== undefined) return openGroupState(context.keys, groupName, hidden).kind;
  try {
    await context.store.put(groupName, withdrawn(context, groupName, []), { condition: "absent", lock: await freshLock(context, options), signal: options.signal });
    return "withdrawn";
  } catch (error) {
    if (!isConditionFailed(error)) throw error;
    const { body } = await context.store.get(groupName, options);
    return openGroupState(context.keys, groupName, body).kind;
  }
}

/** A group that lies under a delete marker, where a conditional write would not see it: the restore point is there, whoever hid it. */
async function hiddenGroup(context: RepositoryContext, groupName: string, options: SignalOptions): Promise<Buffer | undefined> {
  if (context.locks === undefined) return undefined;
  return (await standsFor(context, await versionsOf(context.locks.versions, groupName, options), options))?.body;
}

/** What an immutable repository promised of a restore point holds against its owner too. */
async function refuseProtected(context: RepositoryContext, groupName: string, { protectedUntil }: GroupStructure, options: SignalOptions): Promise<void> {
  if (protectedUntil === undefined || Date.parse(protectedUntil) <= (await freshTime(context, options)).getTime()) return;
  throw new ConflictError(`The restore point ${pointId(groupName)} is immutable until ${protectedUntil} and was not removed. Remove it after that; until then its objects are locked in any case.`, {
    code: "PointProtected",
    context: { restorePoint: pointId(groupName), protectedUntil },
  });
}

function withdrawn(context: RepositoryContext, groupName: string, members: GroupStructure["members"]): Buffer {
  const id = groupName.slice(groupName.lastIndexOf("/") + 1);
  return sealWithdrawnGroup(context.keys, groupName, { id, withdrawnAt: context.clock.now().toISOString(), members });
}
