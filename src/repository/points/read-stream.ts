import { damagedObject } from "../store/damage-errors.js";
import { objectNames, sequenceOf } from "../format/object-names.js";
import { openRecord, recordHash, type PointRecord } from "../format/record.js";
import { listStored, readAccepted, readStored } from "../locks/read-stored.js";
import { isCorruption } from "../store/damage.js";
import { readProven } from "../store/read-proven.js";
import type { RepositoryContext, SignalOptions } from "../repository-context.js";

/** The end of a stream's log. */
export interface StreamHead {
  /** The last record's sequence; 0 where the stream is empty. */
  readonly sequence: number;
  /** SHA-256 of the last record as stored, hex; null where the stream is empty. */
  readonly hash: string | null;
  /** The newest point among the records, if there is one that can be read. */
  readonly point: PointRecord | undefined;
}

/** Reads the head of a stream's log: its last record, and the newest point at or before it. */
export async function readStreamHead(context: RepositoryContext, stream: string, options: SignalOptions = {}): Promise<StreamHead> {
  const sequences: number[] = [];
  for await (const { name } of listStored(context, objectNames.log(stream), { ...options, judge: "hidden" })) {
    const sequence = sequenceOf(name);
    if (sequence !== undefined) sequences.push(sequence);
  }
  let hash: string | null = null;
  for (const sequence of sequences.toReversed()) {
    const name = objectNames.record(stream, sequence);
    let lastHash: string | null = null;
    try {
      const point = await readProven(context.logger, name, async () => {
        const { body } = await readStored(context, name, options);
        // also of a record that is damaged: what the next one names is what lies there
        lastHash = recordHash(body);
        return openRecord(context.keys, name, body);
      });
      hash ??= lastHash;
      if (point !== undefined) return { sequence: sequences.at(-1) ?? 0, hash, point };
    } catch (error) {
      // a damaged record cannot be built on, but must not stop the next backup: an older point, or a full, serves
      if (!isCorruption(error)) throw error;
      hash ??= lastHash;
      context.logger.warn("a record of the stream is damaged; the backup does not build on it", { object: name });
    }
  }
  return { sequence: sequences.at(-1) ?? 0, hash, point: undefined };
}

/** Reads one member of a restore point and checks that it is the very record the group names. */
export async function readMember(
  context: RepositoryContext,
  member: { readonly stream: string; readonly sequence: number; readonly hash: string },
  options: SignalOptions = {},
): Promise<PointRecord> {
  const name = objectNames.record(member.stream, member.sequence);
  const open = (body: Buffer): PointRecord | undefined => {
    if (recordHash(body) !== member.hash) throw damagedObject(name, "it is not the record that its restore point names");
    return openRecord(context.keys, name, body);
  };
  const record = await readProven(context.logger, name, async () => await readAccepted(context, name, open, options));
  if (record === undefined) throw damagedObject(name, "it is the record of no point");
  return record;
}
