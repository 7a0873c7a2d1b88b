import type { GroupMetadata } from "../format/group.js";
import type { RecordMetadata } from "../format/record.js";
import { PointCover, type CoveredMap } from "../immutability/point-cover.js";
import type { RepositoryContext, SignalOptions } from "../repository-context.js";
import { RunBlocks } from "./run-blocks.js";
import { VolumeWriter } from "./volume-writer.js";
import type { VolumeWriterSetting, WrittenRecord } from "./volume-writer-parts.js";

/** A volume as its point's group will name it, with its record. JSON: it may come from another machine. */
export interface WrittenVolume {
  readonly record: WrittenRecord;
  readonly volume: GroupMetadata["volumes"][number];
  /** Of an immutable repository: what the commit needs to lock what the volume reaches for a later time. */
  readonly cover?: CoveredMap | undefined;
}

/** Where a volume's record belongs in the point that names it. */
export interface VolumePlace {
  readonly volumeId: string;
  readonly deviceName?: string | undefined;
}

/**
 * One volume's part of a restore point that another process commits: the record is written for that point's group, and the
 * lease is held until the committer has done, or given up. Whoever begins one must `close` or `leave` it.
 */
export class VolumePart {
  readonly #context: RepositoryContext;
  readonly #groupName: string;
  readonly #cover: PointCover;
  readonly #options: SignalOptions;
  #writer: VolumeWriter | undefined;
  #written: WrittenVolume | undefined;

  constructor(context: RepositoryContext, groupName: string, options: SignalOptions = {}) {
    this.#context = context;
    this.#groupName = groupName;
    this.#options = options;
    this.#cover = new PointCover(context);
  }

  /** The volume's writer, named by its resource. */
  async beginVolume(resource: string, setting: Pick<VolumeWriterSetting, "sealer" | "minCompressionLevel"> = {}): Promise<VolumeWriter> {
    this.#writer = await VolumeWriter.begin(this.#context, resource, this.#groupName, { runBlocks: new RunBlocks(), cover: this.#cover, ...setting }, this.#options);
    return this.#writer;
  }

  /** Stores the volume's record. */
  async finishVolume(writer: VolumeWriter, metadata: Omit<RecordMetadata, "counts">, place: VolumePlace): Promise<WrittenRecord> {
    const record = await writer.finish(this.#groupName, metadata);
    const [cover] = this.#cover.covered();
    this.#written = { record, volume: groupVolume(record, metadata, place), ...(cover !== undefined && { cover }) };
    return record;
  }

  /** What the committer needs; absent before `finishVolume`. */
  get written(): WrittenVolume | undefined {
    return this.#written;
  }

  /** The source that a later run can go on with, where what was read of it is written down. */
  get resumableSource(): string | undefined {
    return this.#writer?.checkpoints.resumableSource;
  }

  /** Raises `ConflictError` (`LeaseLost`) where the lease is gone. */
  throwIfLost(): void {
    this.#writer?.throwIfLost();
  }

  /** Ends the session: the point is committed, or nobody will; or another worker goes on at once with what this one has read (`isContinued`). */
  async close(options: { readonly isContinued?: boolean | undefined } = {}): Promise<void> {
    await this.#writer?.close(options);
  }

  /** Stops, and leaves the lease: who does not know whether the point will be committed must be fenced by a collection. */
  async leave(): Promise<void> {
    await this.#writer?.leave();
  }
}

/** What a group says of a volume. */
export function groupVolume(record: WrittenRecord, metadata: Omit<RecordMetadata, "counts">, place: VolumePlace): GroupMetadata["volumes"][number] {
  return {
    stream: record.stream,
    sequence: record.sequence,
    volumeId: place.volumeId,
    sizeBytes: metadata.volumeSizeBytes,
    ...(place.deviceName !== undefined && { deviceName: place.deviceName }),
    ...(metadata.snapshotId !== undefined && { snapshotId: metadata.snapshotId }),
  };
}
