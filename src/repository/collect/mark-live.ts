import { concurrently } from "../concurrently.js";
import type { RepositoryContext, SignalOptions } from "../repository-context.js";
import { listStreams, readLiveRecord, type LiveRecord } from "./live-records.js";
import { StreamMark } from "./mark-record.js";
import type { PackSet } from "./pack-set.js";

/** Streams marked at the same time: each reads one object after another. */
const streamsInFlight = 16;

/** Whether a record is a root; what it decides to leave out, it notes itself. */
export type JudgeRoot = (record: LiveRecord) => Promise<boolean>;

/**
 * Marks what the point records of all logs reach, those beyond what `seen` says was looked at; updates `seen`. Without `isRoot`
 * every one of them is a root.
 */
export async function markLive(context: RepositoryContext, reached: PackSet, seen: Map<string, number>, options: SignalOptions & { readonly isRoot?: JudgeRoot | undefined } = {}): Promise<void> {
  const { signal, isRoot = () => Promise.resolve(true) } = options;
  await concurrently(listStreams(context, seen, { signal }), streamsInFlight, async ({ names }) => {
    const mark = new StreamMark(context, reached);
    for (const [position, name] of names.entries()) {
      signal?.throwIfAborted();
      const record = await readLiveRecord(context, name, position === names.length - 1, { signal });
      if (record !== undefined && (await isRoot(record))) await mark.add(name, record.structure, { signal });
    }
  });
}
