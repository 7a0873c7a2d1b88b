import { HoldfastError } from "../../errors/index.js";
import { openRecord, openRecordStructure, recordHash, type PointRecord } from "../format/record.js";
import type { RepositoryContext, SignalOptions } from "../repository-context.js";
import type { NamedVersions } from "../locks/named-versions.js";
import { readVersion, type StandingVersion } from "../locks/stands-for.js";

/** A record as far as every role can read it. */
export type LivingRecord = Pick<PointRecord, "structure" | "hash">;

/**
 * The point records that a name in a log holds. Mostly one; two where the first was hidden by a delete marker when somebody
 * wrote there again, and then both live, for a group names each by its hash. None once the place has become a tombstone.
 */
export async function livingRecords(context: RepositoryContext, { name, versions }: NamedVersions, standing: StandingVersion, options: SignalOptions = {}): Promise<LivingRecord[]> {
  const records = new Map<string, LivingRecord>();
  if (standing.rank > 0) return [];
  for (const version of versions) {
    const body = version === standing.version ? standing.body : version.isDeleteMarker ? undefined : await readVersion(context, version, options);
    const record = body === undefined ? undefined : openAuthentic(context, name, body);
    if (record !== undefined) records.set(record.hash, record);
  }
  return [...records.values()];
}

/** The record; nothing where the bytes are a fence, or nothing of this repository's. */
function openAuthentic(context: RepositoryContext, name: string, body: Buffer): LivingRecord | undefined {
  try {
    if (context.keys.holds("metadata")) return openRecord(context.keys, name, body);
    const structure = openRecordStructure(context.keys, name, body);
    return structure === undefined ? undefined : { structure, hash: recordHash(body) };
  } catch (error) {
    if (!(HoldfastError.isInstance(error) && error.name === "IntegrityError")) throw error;
    return undefined;
  }
}
