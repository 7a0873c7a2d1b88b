import { HoldfastError, IllegalStateError } from "../../errors/index.js";
import type { GroupMetadata } from "../format/group.js";
import { openGroup, sealGroup } from "../format/group.js";
import { objectNames } from "../format/object-names.js";
import type { RecordMetadata } from "../format/record.js";
import { pointId } from "../points/point-id.js";
import { RestorePoint } from "../points/restore-point.js";
import type { RepositoryContext, SignalOptions } from "../repository-context.js";
import { VolumeWriter, type WrittenRecord } from "./volume-writer.js";

/** What a restore point is of, beside its volumes. */
export type PointDescription = Omit<GroupMetadata, "volumes">;

type GroupVolume = GroupMetadata["volumes"][number];

/** Writes a restore point: each volume by a writer of its own, then one conditional write that makes the point exist. */
export class PointWriter {
  readonly #context: RepositoryContext;
  readonly #description: PointDescription;
  readonly #groupId: string;
  readonly #groupName: string;
  readonly #options: SignalOptions;
  readonly #writers: VolumeWriter[] = [];
  readonly #written: { readonly record: WrittenRecord; readonly volume: GroupVolume }[] = [];

  constructor(context: RepositoryContext, description: PointDescription, options: SignalOptions = {}) {
    this.#context = context;
    this.#description = description;
    this.#options = options;
    const time = context.clock.now().getTime().toString(16).padStart(12, "0");
    this.#groupId = time + context.random.bytes(4).toString("hex");
    this.#groupName = objectNames.group(context.keys.resourceName(description.resource), this.#groupId);
  }

  /** A writer for one volume, named by its resource. */
  async beginVolume(resource: string): Promise<VolumeWriter> {
    const writer = await VolumeWriter.begin(this.#context, resource, this.#options);
    this.#writers.push(writer);
    return writer;
  }

  /** Stores a finished volume's record. */
  async finishVolume(writer: VolumeWriter, metadata: Omit<RecordMetadata, "counts">, volume: { readonly volumeId: string; readonly deviceName?: string | undefined }): Promise<WrittenRecord> {
    const record = await writer.finish(this.#groupName, metadata);
    this.#written.push({
      record,
      volume: {
        stream: record.stream,
        sequence: record.sequence,
        volumeId: volume.volumeId,
        sizeBytes: metadata.volumeSizeBytes,
        ...(volume.deviceName !== undefined && { deviceName: volume.deviceName }),
        ...(metadata.snapshotId !== undefined && { snapshotId: metadata.snapshotId }),
      },
    });
    return record;
  }

  /** The commit: from here on the restore point exists. */
  async commit(): Promise<RestorePoint> {
    if (this.#written.length === 0) throw new IllegalStateError("A restore point needs at least one volume.", { code: "NothingWritten" });
    const group = {
      structure: {
        id: this.#groupId,
        createdAt: this.#context.clock.now().toISOString(),
        members: this.#written.map(({ record: { stream, sequence, hash } }) => ({ stream, sequence, hash })),
      },
      metadata: { ...this.#description, volumes: this.#written.map(({ volume }) => volume) },
    };
    try {
      await this.#context.store.put(this.#groupName, sealGroup(this.#context.keys, this.#groupName, group), { condition: "absent", signal: this.#options.signal });
    } catch (cause) {
      // the name is random: if it is taken, by this very point, the reply was lost and the commit stands
      if (!(HoldfastError.isInstance(cause) && cause.code === "ConditionFailed")) throw cause;
      const { body } = await this.#context.store.get(this.#groupName, this.#options);
      const found = openGroup(this.#context.keys, this.#groupName, body);
      if (JSON.stringify(found.structure) !== JSON.stringify(group.structure)) throw cause;
    }
    await this.close();
    return new RestorePoint(this.#context, pointId(this.#groupName), group);
  }

  /** Ends all sessions of this point. Called by `commit`; without it, after a failure. */
  async close(): Promise<void> {
    await Promise.all(this.#writers.splice(0).map((writer) => writer.close()));
  }
}
