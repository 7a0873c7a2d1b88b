import { isPointSize, openGroupState } from "../format/group.js";
import { objectNames, recordPlace } from "../format/object-names.js";
import { isPointRecordSize, openRecordStructure, recordHash, type RecordStructure } from "../format/record.js";
import { listStored, readStored } from "../locks/read-stored.js";
import type { RepositoryContext, SignalOptions } from "../repository-context.js";
import { isGone } from "../store/store-answers.js";

/** A point's record as it was read. */
export interface LiveRecord {
  readonly name: string;
  readonly etag: string;
  readonly structure: RecordStructure;
  /** SHA-256 of the record as stored, hex. */
  readonly hash: string;
  /** The last point's record of its stream: what the next backup grows from. */
  readonly isNewest: boolean;
  /** Whether another record of its stream names the same group: an earlier attempt at the same copy, or a later one. */
  readonly sharesGroup?: boolean | undefined;
}

/** The point records of one stream, ascending. */
export interface StreamRecords {
  readonly stream: string;
  readonly names: readonly string[];
}

/** Lists the streams with their point records beyond what `seen` says was looked at; updates `seen`. Fences and tombstones are told by their size. */
export async function* listStreams(context: RepositoryContext, seen: Map<string, number>, options: SignalOptions = {}): AsyncGenerator<StreamRecords> {
  let stream = "";
  let names: string[] = [];
  for await (const { name, sizeBytes } of listStored(context, objectNames.logs, { ...options, judge: "all" })) {
    const place = recordPlace(name);
    if (place === undefined) continue;
    if (place.stream !== stream) {
      if (names.length > 0) yield { stream, names };
      stream = place.stream;
      names = [];
    }
    if (place.sequence <= (seen.get(stream) ?? 0)) continue;
    seen.set(stream, place.sequence);
    if (isPointRecordSize(sizeBytes)) names.push(name);
  }
  if (names.length > 0) yield { stream, names };
}

/** Reads a record; `undefined` where it became a tombstone meanwhile. */
export async function readLiveRecord(context: RepositoryContext, name: string, isNewest: boolean, options: SignalOptions): Promise<LiveRecord | undefined> {
  const { body, etag } = await readStored(context, name, options);
  const structure = openRecordStructure(context.keys, name, body);
  return structure === undefined ? undefined : { name, etag, structure, hash: recordHash(body), isNewest };
}

/** The names of all restore points' groups, by a listing alone. */
export async function listPointGroups(context: RepositoryContext, options: SignalOptions = {}): Promise<Set<string>> {
  const groups = new Set<string>();
  for await (const { name, sizeBytes } of listStored(context, objectNames.groups, { ...options, judge: "all" })) if (isPointSize(sizeBytes)) groups.add(name);
  return groups;
}

/**
 * What is at the name of the group that a record says it is of. `another`: a restore point that was made by another attempt, which
 * this record is no part of and never will be.
 */
export async function readGroupState(context: RepositoryContext, record: RecordStructure, options: SignalOptions): Promise<"point" | "another" | "withdrawn" | "absent"> {
  const { group, stream, sequence } = record;
  try {
    const state = openGroupState(context.keys, group, (await readStored(context, group, options)).body);
    if (state.kind === "withdrawn") return "withdrawn";
    return state.structure.members.some((member) => member.stream === stream && member.sequence === sequence) ? "point" : "another";
  } catch (error) {
    if (!isGone(error)) throw error;
    return "absent";
  }
}
