import { HoldfastError, IntegrityError } from "../../errors/index.js";
import { openLease, type LeaseState } from "../format/lease.js";
import { objectNames } from "../format/object-names.js";
import type { RepositoryContext, SignalOptions } from "../repository-context.js";

/** A session as its lease said when it was looked at. */
export interface ListedSession {
  readonly id: string;
  readonly name: string;
  /** Of the state that was read: only this very state is removed by who judged it. */
  readonly etag: string;
  readonly state: LeaseState;
  /** When the lease was written, by the store's clock where it tells. */
  readonly modifiedAt: Date | undefined;
}

/** Reads all leases. One that cannot be opened stops the caller: what it protects is not known. */
export async function listSessions(context: RepositoryContext, options: SignalOptions = {}): Promise<ListedSession[]> {
  const sessions: ListedSession[] = [];
  for await (const { name, modifiedAt } of context.store.list(objectNames.sessions, options)) {
    const session = await readSession(context, name, modifiedAt, options);
    if (session !== undefined) sessions.push(session);
  }
  return sessions;
}

async function readSession(context: RepositoryContext, name: string, modifiedAt: Date | undefined, options: SignalOptions): Promise<ListedSession | undefined> {
  try {
    const { body, etag } = await context.store.get(name, options);
    return { id: name.slice(objectNames.sessions.length), name, etag, state: openLease(context.keys, name, body), modifiedAt };
  } catch (error) {
    if (!HoldfastError.isInstance(error)) throw error;
    // ended between the listing and the reading
    if (error.code === "ObjectNotFound") return undefined;
    if (error.name !== "IntegrityError") throw error;
    throw new IntegrityError(`${name} is damaged, so that nobody can tell what that session relies on. Make sure that no backup, restore or copy is running in this repository, remove that object, and run this again.`, {
      code: "DamagedLease",
      context: { object: name },
      cause: error,
    });
  }
}
