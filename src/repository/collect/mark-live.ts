import { concurrently } from "../../concurrency/concurrently.js";
import type { RepositoryContext, SignalOptions } from "../repository-context.js";
import { listStreams, readLiveRecord, type LiveRecord } from "./live-records.js";
import { StreamMark } from "./mark-record.js";
import type { PackSet } from "../pack/pack-set.js";

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
    for (const record of await readRecords(context, names, { signal })) {
      signal?.throwIfAborted();
      if (await isRoot(record)) await mark.add(record.name, record.structure, { signal });
    }
  });
}

/** The records of one stream, all of them: which of them name one group is to be seen beforehand. */
async function readRecords(context: RepositoryContext, names: readonly string[], options: SignalOptions): Promise<LiveRecord[]> {
  const records: LiveRecord[] = [];
  const sharing = new Map<string, number>();
  for (const [position, name] of names.entries()) {
    options.signal?.throwIfAborted();
    const record = await readLiveRecord(context, name, position === names.length - 1, options);
    if (record === undefined) continue;
    records.push(record);
    sharing.set(record.structure.group, (sharing.get(record.structure.group) ?? 0) + 1);
  }
  return records.map((record) => ((sharing.get(record.structure.group) ?? 0) > 1 ? { ...record, sharesGroup: true } : record));
}
