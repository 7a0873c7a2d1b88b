import type { RepositoryContext } from "../repository-context.js";
import { lateAfterMs } from "./lease.js";
import type { ListedSession } from "./list-sessions.js";

/**
 * Tells which sessions are late: those whose lease was written long ago by the store's own clock, or did not change for as
 * long while they were watched. A guess: a wrong one costs a run its work, never data.
 */
export class SessionWatch {
  readonly #context: RepositoryContext;
  readonly #seen = new Map<string, { readonly etag: string; readonly sinceMs: number }>();

  constructor(context: RepositoryContext) {
    this.#context = context;
  }

  /** `storeNow`: the time by the clock that stamps `modifiedAt`, where it is known. */
  isLate(session: ListedSession, storeNow: Date | undefined): boolean {
    if (storeNow !== undefined && session.modifiedAt !== undefined && storeNow.getTime() - session.modifiedAt.getTime() > lateAfterMs) return true;
    const nowMs = this.#context.clock.monotonicMs();
    const seen = this.#seen.get(session.id);
    if (seen?.etag === session.etag) return nowMs - seen.sinceMs > lateAfterMs;
    this.#seen.set(session.id, { etag: session.etag, sinceMs: nowMs });
    return false;
  }
}
