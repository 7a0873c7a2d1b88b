import { checkpointPartOf, objectNames } from "../format/object-names.js";
import { listSessions } from "../leases/list-sessions.js";
import { deleteObjects } from "../store/delete-objects.js";
import type { RepositoryContext, SignalOptions } from "../repository-context.js";

/** Removes what runs that are no more had written down for others to go on from, once it is old. Removed by mistake, it would cost reading and no data. */
export async function removeCheckpoints(context: RepositoryContext, options: SignalOptions & { readonly olderThan: Date }): Promise<void> {
  const old: { readonly name: string; readonly sessionId: string }[] = [];
  for await (const { name, modifiedAt } of context.store.list(objectNames.checkpoints, options)) {
    const part = checkpointPartOf(name);
    if (part !== undefined && modifiedAt !== undefined && modifiedAt < options.olderThan) old.push({ name, sessionId: part.sessionId });
  }
  if (old.length === 0) return;
  const sessions = new Set((await listSessions(context, options)).map(({ id }) => id));
  await deleteObjects(context.store, old.filter(({ sessionId }) => !sessions.has(sessionId)).map(({ name }) => name), { signal: options.signal });
}
