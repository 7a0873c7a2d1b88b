import { HoldfastError, IntegrityError } from "../../errors/index.js";
import { objectNames } from "../format/object-names.js";
import { openRecord, type PointRecord } from "../format/record.js";
import type { RepositoryContext, SignalOptions } from "../repository-context.js";
import { isGone } from "../store/store-answers.js";
import type { WrittenVolume } from "./volume-part.js";

/** Which volume another machine was to write. */
export interface AdoptedVolume {
  /** Its stream: `<account>/<region>/<vol-…>`. */
  readonly resource: string;
  readonly volumeId: string;
  readonly deviceName?: string | undefined;
}

/** What another machine says it wrote, for whom, and into which point. */
export interface AdoptedClaim {
  readonly written: WrittenVolume;
  readonly of: AdoptedVolume;
  readonly groupName: string;
}

/**
 * Holds what another machine says that it wrote against the repository: the record is there, with that hash, in the stream of the volume that was meant, for this very point. A worker
 * that is wrong, of another version or in other hands makes no point of another volume's data. `IntegrityError` (`ForeignRecord`) otherwise. One request.
 */
export async function proveAdopted(context: RepositoryContext, { written, of, groupName }: AdoptedClaim, options: SignalOptions): Promise<WrittenVolume> {
  const { record, volume, cover } = written;
  const stream = context.keys.streamName(of.resource);
  const name = objectNames.record(stream, record.sequence);
  const isOfIt = record.stream === stream && volume.stream === stream && volume.sequence === record.sequence && volume.volumeId === of.volumeId && volume.deviceName === of.deviceName;
  const found = isOfIt ? await readRecord(context, name, options) : undefined;
  if (found?.hash !== record.hash || found.structure.group !== groupName || found.metadata.volumeSizeBytes !== volume.sizeBytes || found.metadata.snapshotId !== volume.snapshotId) {
    throw new IntegrityError(`A worker says that it wrote ${of.volumeId}, and what lies in the repository is not that. Nothing was committed: run it again, and look at the worker's log.`, { code: "ForeignRecord", context: { object: name, volume: of.volumeId } });
  }
  // what is locked with it is this record, whatever name it gives
  return cover === undefined ? written : { record, volume, cover: { ...cover, record: name } };
}

async function readRecord(context: RepositoryContext, name: string, options: SignalOptions): Promise<PointRecord | undefined> {
  try {
    return openRecord(context.keys, name, (await context.store.get(name, options)).body);
  } catch (error) {
    if (isGone(error) || (HoldfastError.isInstance(error) && error.name === "IntegrityError")) return undefined;
    throw error;
  }
}
