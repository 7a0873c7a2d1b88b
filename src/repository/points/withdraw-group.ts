import { HoldfastError } from "../../errors/index.js";
import { openGroupState, sealWithdrawnGroup, type GroupStructure } from "../format/group.js";
import type { RepositoryContext, SignalOptions } from "../repository-context.js";

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
    try {
      await context.store.put(groupName, withdrawn(context, groupName, state.structure.members), { condition: { etag }, signal });
      return true;
    } catch (error) {
      // somebody else withdrew it, or this very reply was lost: what is there now tells
      if (!isConditionFailed(error)) throw error;
    }
  }
}

/** Takes a name from whoever may still mean to commit a restore point there. `point`: it was committed before. */
export async function withdrawName(context: RepositoryContext, groupName: string, options: SignalOptions = {}): Promise<"withdrawn" | "point"> {
  try {
    await context.store.put(groupName, withdrawn(context, groupName, []), { condition: "absent", signal: options.signal });
    return "withdrawn";
  } catch (error) {
    if (!isConditionFailed(error)) throw error;
    const { body } = await context.store.get(groupName, options);
    return openGroupState(context.keys, groupName, body).kind;
  }
}

function withdrawn(context: RepositoryContext, groupName: string, members: GroupStructure["members"]): Buffer {
  const id = groupName.slice(groupName.lastIndexOf("/") + 1);
  return sealWithdrawnGroup(context.keys, groupName, { id, withdrawnAt: context.clock.now().toISOString(), members });
}

function isConditionFailed(error: unknown): boolean {
  return HoldfastError.isInstance(error) && error.code === "ConditionFailed";
}
