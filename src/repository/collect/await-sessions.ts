import { fenceSession } from "./fence-session.js";
import { listSessions } from "../leases/list-sessions.js";
import type { SessionWatch } from "../leases/session-watch.js";
import type { RepositoryContext, SignalOptions } from "../repository-context.js";
import { noteCollection } from "./note-collection.js";

/** Between two looks at the sessions: writers look for collections every three minutes. */
const pollMs = 15_000;

/** As whom a collection judges sessions. */
export interface SessionRules extends SignalOptions {
  readonly watch: SessionWatch;
  readonly collection: string;
  readonly onFenced: () => void;
}

/**
 * Waits until no writer can commit that has not looked at collection `epoch`: each has said so, has ended, or was fenced.
 * `false`: the time was up before.
 */
export async function awaitSessions(context: RepositoryContext, epoch: number, options: SessionRules & { readonly waitMs: number }): Promise<boolean> {
  const { clock } = context;
  const startedMs = clock.monotonicMs();
  for (;;) {
    const isWaiting = await endLateSessions(context, epoch, options);
    if (!isWaiting) return true;
    if (clock.monotonicMs() - startedMs >= options.waitMs) return false;
    await clock.sleep(pollMs, options.signal);
  }
}

/** Fences late sessions; says whether there are writers that have not looked at collection `epoch`. */
export async function endLateSessions(context: RepositoryContext, epoch: number, { watch, collection, onFenced, signal }: SessionRules): Promise<boolean> {
  const sessions = await listSessions(context, { signal });
  if (sessions.length === 0) return false;
  const now = await noteCollection(context, collection, { signal });
  let isWaiting = false;
  for (const session of sessions) {
    const isLate = watch.isLate(session, now);
    if (isLate && (await fenceSession(context, session, collection, { signal }))) onFenced();
    else if (session.state.kind === "writer" && session.state.epoch < epoch) isWaiting = true;
  }
  return isWaiting;
}
