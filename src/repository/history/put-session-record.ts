import { objectNames, runTimeOf } from "../format/object-names.js";
import { pointTime } from "../format/point-id.js";
import type { RepositoryContext, SignalOptions } from "../repository-context.js";
import { isDamage } from "../store/damage.js";
import { isConflict, isGone } from "../store/store-answers.js";
import { isFromTheFuture } from "./from-the-future.js";
import { openSessionRecord, sealSessionRecord, type SessionKind, type SessionRecord } from "./session-record.js";

const dayMs = 86_400_000;
/** How long records stay unless the repository is opened with another number. */
export const defaultKeepSessionDays = 365;

/** The record of a session that is no policy's run, when the session has ended. */
export type EndedSession = SessionRecord & { readonly kind: Exclude<SessionKind, "policy"> };

/** Puts a session's record, and removes those of its kind that are older than they are kept. */
export async function putSessionRecord(context: RepositoryContext, record: EndedSession): Promise<void> {
  const { store, keys, clock, keepSessionDays = defaultKeepSessionDays } = context;
  const name = objectNames.sessionOf(record.kind, pointTime(new Date(record.startedAt)), record.session);
  await store.put(name, await sealSessionRecord(keys, name, record));
  const before = clock.now().getTime() - keepSessionDays * dayMs;
  await removeOlder(context, record.kind, { own: name, before });
  if (record.kind === "restore") await removeLeases(context, before);
}

async function removeOlder({ store }: RepositoryContext, kind: EndedSession["kind"], { own, before }: { readonly own: string; readonly before: number }): Promise<void> {
  for await (const { name } of store.list(objectNames.sessionsOf(kind))) {
    const timeMs = runTimeOf(name);
    if (timeMs === undefined || name === own) continue;
    // names sort by time: from here on all are younger
    if (timeMs >= before) return;
    await store.delete(name);
  }
}

/** Of restores whose process died, and for which nobody came back. */
async function removeLeases({ store }: RepositoryContext, before: number): Promise<void> {
  for await (const { name, modifiedAt, etag } of store.list(objectNames.restoreLeases)) {
    if (modifiedAt !== undefined && modifiedAt.getTime() < before) await store.delete(name, { etag }).catch((error: unknown) => throwUnlessConflict(error));
  }
}

/** Somebody came back for it at this very moment. */
function throwUnlessConflict(error: unknown): void {
  if (!isConflict(error)) throw error;
}

/** The newest record of a kind that has a result: one that runs, crashed or failed says nothing of what is so, and one of the future would be the newest for years. Undefined where there is none; a damaged one is passed over. */
export async function newestOfKind(context: RepositoryContext, kind: EndedSession["kind"], options: SignalOptions): Promise<SessionRecord | undefined> {
  const names: string[] = [];
  const now = context.clock.now();
  for await (const { name } of context.store.list(objectNames.sessionsOf(kind), options)) {
    const timeMs = runTimeOf(name);
    if (timeMs !== undefined && !isFromTheFuture(timeMs, now)) names.push(name);
  }
  for (const name of names.reverse()) {
    try {
      const record = await openSessionRecord(context.keys, name, (await context.store.get(name, options)).body);
      if (record.result !== undefined) return record;
    } catch (error) {
      if (isGone(error)) continue;
      if (!isDamage(error)) throw error;
      context.logger.warn("the record of a session is damaged and passed over", { object: name, error: error.message });
    }
  }
  return undefined;
}
