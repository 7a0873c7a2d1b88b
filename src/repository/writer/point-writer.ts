import { ConflictError, IllegalStateError, mistake } from "../../errors/index.js";
import type { GroupMetadata } from "../format/group.js";
import { openGroup, sealGroup } from "../format/group.js";
import { objectNames } from "../format/object-names.js";
import { PointCover } from "../immutability/point-cover.js";
import type { RecordMetadata } from "../format/record.js";
import { pointId, pointTime } from "../format/point-id.js";
import { readStreamHead } from "../points/read-stream.js";
import { RestorePoint } from "../points/restore-point.js";
import type { RepositoryContext, SignalOptions } from "../repository-context.js";
import { handOver, type RepositoryHandOver } from "../hand-over.js";
import { RunBlocks } from "./run-blocks.js";
import { proveAdopted, type AdoptedVolume } from "./prove-adopted.js";
import { groupVolume, type WrittenVolume } from "./volume-part.js";
import { VolumeWriter } from "./volume-writer.js";
import type { VolumeWriterSetting, WrittenRecord } from "./volume-writer-parts.js";
import { sumCounts, type WriteCounts } from "./write-counts.js";
import { isConditionFailed } from "../store/store-answers.js";

/** What a restore point is of, beside its volumes. */
export type PointDescription = Omit<GroupMetadata, "volumes">;

/** Which point a copy is: its name and time are not its own. */
export interface PointIdentity {
  readonly groupId: string;
  readonly createdAt: string;
}

export interface PointWriterOptions extends SignalOptions {
  /** By default a point of now, under a new name. */
  readonly identity?: PointIdentity | undefined;
}

type GroupVolume = GroupMetadata["volumes"][number];

/** A volume's part of a point that another machine has written and whose lease it holds. */
export interface AdoptedPart {
  /** Raises `ConflictError` where the lease is known to be lost. */
  readonly throwIfLost: () => void;
  /** Lets the lease go. */
  readonly release: () => Promise<void>;
}

/** Writes a restore point: each volume by a writer of its own, then one conditional write that makes the point exist. */
export class PointWriter {
  readonly #context: RepositoryContext;
  readonly #description: PointDescription;
  readonly #groupId: string;
  readonly #groupName: string;
  readonly #options: SignalOptions;
  readonly #createdAt: string | undefined;
  readonly #runBlocks = new RunBlocks();
  readonly #cover: PointCover;
  readonly #writers: VolumeWriter[] = [];
  readonly #open = new Set<VolumeWriter>();
  readonly #adopted: { readonly counts: WriteCounts; readonly part: AdoptedPart; isReleased?: boolean }[] = [];
  readonly #readElsewhere = new Set<string>();
  #isCommitted = false;
  readonly #written: { readonly record: WrittenRecord; readonly volume: GroupVolume }[] = [];

  constructor(context: RepositoryContext, description: PointDescription, { identity, ...options }: PointWriterOptions = {}) {
    this.#context = context;
    this.#description = description;
    this.#options = options;
    this.#cover = new PointCover(context);
    this.#createdAt = identity?.createdAt;
    this.#groupId = identity?.groupId ?? pointTime(context.clock.now()) + context.random.bytes(4).toString("hex");
    this.#groupName = objectNames.group(context.keys.resourceName(description.resource), this.#groupId);
  }

  /** A writer for one volume, named by its resource. Blocks are sealed by `sealer`, or in the calling thread. */
  async beginVolume(resource: string, setting: Pick<VolumeWriterSetting, "sealer" | "minCompressionLevel"> = {}): Promise<VolumeWriter> {
    const writer = await VolumeWriter.begin(this.#context, resource, this.#groupName, { runBlocks: this.#runBlocks, cover: this.#cover, ...setting }, this.#options);
    this.#writers.push(writer);
    this.#open.add(writer);
    return writer;
  }

  /** The sources that a later run can go on with: of volumes that were cut short with a checkpoint. */
  get resumableSources(): string[] {
    return [...this.#readElsewhere, ...this.#writers.flatMap(({ checkpoints: { resumableSource } }) => (resumableSource === undefined ? [] : [resumableSource]))];
  }

  /** The snapshot of a volume's newest point, from which the next one's changes are told, if they can be. */
  async newestSourceOf(resource: string): Promise<string | undefined> {
    const { point } = await readStreamHead(this.#context, this.#context.keys.streamName(resource), this.#options);
    return point?.metadata.snapshotId;
  }

  /** Another machine has read so much of a source that a later run can go on with it. */
  noteResumable(source: string): void {
    this.#readElsewhere.add(source);
  }

  /** What all volumes' writers did so far, in sum. */
  get counts(): WriteCounts {
    const counts = sumCounts([...this.#writers, ...this.#adopted].map((writer) => writer.counts));
    if (this.#isCommitted) counts.objects++;
    return counts;
  }

  /** Stores a finished volume's record. */
  async finishVolume(writer: VolumeWriter, metadata: Omit<RecordMetadata, "counts">, volume: { readonly volumeId: string; readonly deviceName?: string | undefined }): Promise<WrittenRecord> {
    const record = await writer.finish(this.#groupName, metadata);
    this.#written.push({ record, volume: groupVolume(record, metadata, volume) });
    return record;
  }

  /** What another machine needs to write a volume's part of this point: the group's name, the repository's place, and a writer's keys. */
  handOver(): RepositoryHandOver & { readonly groupName: string } {
    return { ...handOver(this.#context, "writer"), groupName: this.#groupName };
  }

  /**
   * Takes in a volume whose record another machine has written for this point's group, once that record was seen to be there and to be `of` that volume. `part` is asked before the
   * commit, and released at the end, whatever became of the point.
   */
  async adoptVolume(written: WrittenVolume, part: AdoptedPart, of: AdoptedVolume): Promise<void> {
    this.#adopted.push({ counts: written.record.counts, part });
    const { record, volume, cover } = await proveAdopted(this.#context, { written, of, groupName: this.#groupName }, this.#options);
    await this.#cover.adopt(cover, this.#options);
    this.#written.push({ record, volume });
  }

  /** The commit: from here on the restore point exists. */
  async commit(): Promise<RestorePoint> {
    if (this.#written.length === 0) throw new IllegalStateError(`A restore point needs at least one volume. ${mistake}`, { code: "NothingWritten" });
    const { createdAt, ...cover } = await this.#cover.coverPoint(this.#options);
    const group = {
      structure: {
        id: this.#groupId,
        // a copy keeps its point's own time; its locks are made for now, which is later
        createdAt: this.#createdAt ?? createdAt.toISOString(),
        ...cover,
        members: this.#written.map(({ record: { stream, sequence, hash } }) => ({ stream, sequence, hash })),
      },
      metadata: { ...this.#description, volumes: this.#written.map(({ volume }) => volume) },
    };
    for (const writer of this.#writers) writer.throwIfLost();
    for (const { part } of this.#adopted) part.throwIfLost();
    try {
      await this.#context.store.put(this.#groupName, sealGroup(this.#context.keys, this.#groupName, group), { condition: "absent", lock: this.#context.locks?.lockNow(), signal: this.#options.signal });
    } catch (cause) {
      // the name is random: if it is taken, by this very point, the reply was lost and the commit stands
      if (!isConditionFailed(cause)) throw cause;
      const { body } = await this.#context.store.get(this.#groupName, this.#options);
      const found = openGroup(this.#context.keys, this.#groupName, body);
      if (found === undefined) {
        throw new ConflictError("A collection took this run for dead and fenced it before it could commit. Run it again: what it stored is not lost.", {
          code: "Fenced",
          retryable: true,
          context: { group: this.#groupName },
          cause,
        });
      }
      if (JSON.stringify(found.structure) !== JSON.stringify(group.structure)) throw cause;
    }
    this.#isCommitted = true;
    try {
      await this.close();
    } catch (error) {
      // the point exists: a lease that stays behind only delays a collection
      this.#context.logger.warn("a writer's lease could not be removed after the commit", { group: this.#groupName, error: error instanceof Error ? error.message : String(error) });
    }
    return new RestorePoint(this.#context, pointId(this.#groupName), group);
  }

  /** Ends all sessions of this point: their leases and timers. Called by `commit`; whoever does not commit must call it. */
  async close(): Promise<void> {
    const writers = [...this.#open];
    this.#open.clear();
    const parts = this.#adopted.filter(({ isReleased }) => isReleased !== true);
    const closed = await Promise.allSettled([
      ...writers.map((writer) => writer.close()),
      ...parts.map(async (adopted) => {
        adopted.isReleased = true;
        await adopted.part.release();
      }),
    ]);
    for (const result of closed) if (result.status === "rejected") throw result.reason;
  }
}
