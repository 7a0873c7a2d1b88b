import { objectNames } from "../format/object-names.js";
import { openRecordStructure, sealFence } from "../format/record.js";
import { freshLock } from "../locks/read-store-time.js";
import { withdrawName } from "../points/withdraw-group.js";
import type { RepositoryContext, SignalOptions } from "../repository-context.js";
import type { ListedSession } from "../leases/list-sessions.js";
import { isConditionFailed } from "../store/store-answers.js";

/**
 * Takes from a late session the power to commit, then its lease, if that still says what was judged late. `false`: the
 * session was alive after all, or has ended; what it was about to write is fenced all the same.
 */
export async function fenceSession(context: RepositoryContext, session: ListedSession, collection: string, options: SignalOptions = {}): Promise<boolean> {
  const { state } = session;
  if (state.kind === "writer" && state.stream !== null && state.target !== null) {
    await takePlace(context, { session: session.id, stream: state.stream, sequence: state.target, collection }, options);
  }
  try {
    await context.store.delete(session.name, { etag: session.etag, signal: options.signal });
    return true;
  } catch (error) {
    if (!isConditionFailed(error)) throw error;
    return false;
  }
}

/** After this the session can write no record there; if it has, its group can not be committed any more, or was. */
async function takePlace(context: RepositoryContext, fence: { readonly session: string; readonly stream: string; readonly sequence: number; readonly collection: string }, options: SignalOptions): Promise<void> {
  const name = objectNames.record(fence.stream, fence.sequence);
  try {
    await context.store.put(name, sealFence(context.keys, name, fence), { condition: "absent", lock: await freshLock(context, options), signal: options.signal });
  } catch (error) {
    if (!isConditionFailed(error)) throw error;
    const { body } = await context.store.get(name, options);
    const record = openRecordStructure(context.keys, name, body);
    if (record?.session === fence.session) await withdrawName(context, record.group, options);
  }
}
