import { HoldfastError } from "../../errors/index.js";
import { openLease } from "../format/lease.js";
import { objectNames, packIdOf, type PackId } from "../format/object-names.js";
import { lookIntoPack } from "../pack/read-directory.js";
import type { RepositoryContext, SignalOptions } from "../repository-context.js";
import { isDamage } from "../store/damage.js";

/** A writer's session and what it writes. */
export interface RunOfStream {
  readonly sessionId: string;
  readonly stream: string;
}

/** A run tells the index of its packs each 16,384 blocks: what it had not told yet when it died is no more than that, and what was on its way. */
const maxEntriesUntold = 2 * 16 * 1024;
/** Packs are told of in about the order in which they are stored: so many that are known end the search. */
const knownInARow = 4;

/**
 * Takes into the index what earlier runs of this stream had stored when they died, and had not told the index yet. Their leases
 * are still there and name the stream, and packs bear their session's name: so nothing is written for it, and few things are read.
 */
export async function takeInLeftovers(context: RepositoryContext, run: RunOfStream, options: SignalOptions): Promise<void> {
  for await (const { name } of context.store.list(objectNames.sessions, options)) {
    const sessionId = name.slice(objectNames.sessions.length);
    if (sessionId === run.sessionId || (await streamOf(context, name, options)) !== run.stream) continue;
    await takeInSession(context, sessionId, options);
  }
}

async function streamOf(context: RepositoryContext, name: string, options: SignalOptions): Promise<string | undefined> {
  const { keys, store } = context;
  try {
    const { body } = await store.get(name, options);
    const lease = openLease(keys, name, body);
    return lease.kind === "writer" ? (lease.stream ?? undefined) : undefined;
  } catch (error) {
    // ended since the listing, or damaged: a collection deals with it
    if (!isDamage(error)) throw error;
    return undefined;
  }
}

/** The packs of a run that is no more, whether or not its lease still is: newest first, until they are known by the index. */
export async function takeInSession(context: RepositoryContext, sessionId: string, options: SignalOptions): Promise<void> {
  const { index, store, logger } = context;
  const ids: PackId[] = [];
  for await (const { name } of store.list(objectNames.sessionPacks("data", sessionId), options)) {
    const id = packIdOf(name);
    if (id !== undefined) ids.push(id);
  }
  let entries = 0;
  let known = 0;
  for (const id of ids.sort((a, b) => b.number - a.number)) {
    if (entries >= maxEntriesUntold || known >= knownInARow) return;
    try {
      const directory = await lookIntoPack(context, id, options);
      if (directory === undefined) continue;
      entries += directory.entries.length;
      const [first] = directory.entries;
      if (first !== undefined && isKnown(context, first.blockId, id)) {
        known++;
        continue;
      }
      known = 0;
      const { sizeBytes, versionId, sha256 = unknownSha256 } = directory;
      index.add({ id, sizeBytes, sha256: sha256.subarray(0, unknownSha256.length), versionId, lockedUntilMs: 0 }, directory.entries);
    } catch (error) {
      options.signal?.throwIfAborted();
      if (!HoldfastError.isInstance(error)) throw error;
      logger.warn("a pack of a run that died cannot be read: it is left aside", { object: objectNames.pack(id), error: error.message });
    }
  }
}

/** What a dictionary says where nobody knows a pack's SHA-256. */
const unknownSha256 = Buffer.alloc(16);

function isKnown({ index }: RepositoryContext, blockId: Buffer, id: PackId): boolean {
  const pack = index.packOf(blockId);
  const known = pack === undefined ? undefined : index.packId(pack);
  return known?.sessionId === id.sessionId && known.number === id.number;
}
