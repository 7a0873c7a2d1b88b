import { ConflictError, IllegalStateError } from "../../errors/index.js";
import { zeroBlockSha256, type BlockData } from "../../ports/index.js";
import type { CondemnedPacks } from "../collect/condemned-packs.js";
import { PackSet } from "../collect/pack-set.js";
import type { IndexedPack } from "../format/index-run.js";
import { isLocation } from "../format/leaf.js";
import { objectNames } from "../format/object-names.js";
import type { PointCover } from "../immutability/point-cover.js";
import { recordHash, sealPointRecord, type RecordMetadata } from "../format/record.js";
import type { CheckpointContent, CheckpointEntry } from "../format/checkpoint.js";
import type { BlockMap } from "../map/block-map.js";
import { sealFrame } from "../pack/frame-codec.js";
import { QuarantinedPacks } from "../quarantine/quarantined-packs.js";
import type { RepositoryContext, SignalOptions } from "../repository-context.js";
import type { Checkpoint } from "./checkpoints.js";
import { IndexRunWriter } from "./index-run-writer.js";
import { IndexedBlocks } from "./indexed-blocks.js";
import type { HealedPlace } from "./healing.js";
import { knownInMap, locationOf, type KnownBlock } from "./known-block.js";
import { takeInSession } from "./leftover-packs.js";
import type { MapFinding } from "./map-blocks.js";
import { openParent } from "./open-parent.js";
import { claimHead } from "./claim-head.js";
import { beginRun, share, type StartedRun, type WriterParts } from "./started-run.js";
import { putRecord } from "./put-record.js";
import { RunCheckpoints } from "./run-checkpoints.js";
import { reachesForbidden } from "./reaches-forbidden.js";
import type { RunBlocks } from "./run-blocks.js";
import { usableParent } from "./usable-parent.js";
import { newCounts, recordCounts, type WriteCounts } from "./write-counts.js";
import { WriterSession } from "./writer-session.js";

/** What became of a block that was given to a writer. */
export type BlockFate = "zero" | "known" | "stored";

/** A volume's record as the group will name it. */
export interface WrittenRecord {
  readonly stream: string;
  readonly sequence: number;
  readonly hash: string;
  readonly counts: WriteCounts;
}

/** Writes one volume's part of a restore point: blocks ascending by index, then the record. */
export class VolumeWriter {
  readonly stream: string;
  readonly #parts: WriterParts;
  readonly #counts = newCounts();
  readonly #indexed: IndexedBlocks;
  readonly #indexRuns: IndexRunWriter;
  /** Packs of others in which this run has found blocks. */
  readonly #hits = new PackSet();
  /** The newest point's map, which this one may grow from. */
  #parent: BlockMap | undefined;
  #run: Promise<StartedRun> | undefined;
  readonly #checkpoints: RunCheckpoints;
  /** Whether the record was sent and no answer came: it may be written yet. */
  #isRecordDoubtful = false;
  #isRecorded = false;

  private constructor(parts: WriterParts, parent: BlockMap | undefined) {
    this.#parts = parts;
    this.#parent = parent;
    this.stream = parts.stream;
    this.#indexed = new IndexedBlocks(parts.context, parts.options, (pack) => parts.session.condemned.has(pack) || parts.quarantined.has(pack), { sessionId: parts.session.id, stream: parts.stream });
    this.#indexRuns = new IndexRunWriter(parts.context, parts.session.id, () => {
      this.#counts.objects++;
    });
    const { context, session, stream, head, options } = parts;
    const onWritten = (): void => {
      this.#counts.objects++;
    };
    this.#checkpoints = new RunCheckpoints(context, { stream, sessionId: session.id, base: head.point?.structure, onWritten }, options);
    parts.session.relyOn(async (condemned, checkOptions) => await this.#checkReliance(condemned, checkOptions));
  }

  /** Opens a session, reads the stream's head and claims the record after it, for the group that will name it. */
  static async begin(context: RepositoryContext, resource: string, group: string, shared: { readonly runBlocks: RunBlocks; readonly cover: PointCover }, options: SignalOptions = {}): Promise<VolumeWriter> {
    const stream = context.keys.streamName(resource);
    const session = await WriterSession.begin(context, options);
    try {
      await shared.cover.begin(objectNames.session(session.id), options);
      const head = await claimHead(context, session, { stream, group }, options);
      const quarantined = await QuarantinedPacks.list(context, options);
      const parent = await usableParent(context, await openParent(context, head, options), quarantined, options);
      const writer = new VolumeWriter({ context, stream, session, head, quarantined, ...shared, options }, parent);
      await writer.#leaveCondemnedParent();
      return writer;
    } catch (error) {
      await session.end();
      throw error;
    }
  }

  /** The snapshot of the point that an increment would build on. */
  get baseSnapshotId(): string | undefined {
    return this.#parent === undefined ? undefined : this.#parts.head.point?.metadata.snapshotId;
  }

  /** What is known of the point that an increment would build on. */
  get baseMetadata(): RecordMetadata | undefined {
    return this.#parent === undefined ? undefined : this.#parts.head.point?.metadata;
  }

  get counts(): WriteCounts {
    return this.#counts;
  }

  /** What runs of this stream that were cut short had read, and what another can go on from. Asked before `start`. */
  get checkpoints(): RunCheckpoints {
    return this.#checkpoints;
  }

  /** Has the index know what the run of a checkpoint had stored. */
  async takeIn({ sessionId }: Checkpoint): Promise<void> {
    const { context, options } = this.#parts;
    await this.#indexed.refresh();
    await takeInSession(context, sessionId, options);
  }

  /** Begins the block map. `incremental` needs a base. With `source`, the name of content that never changes, checkpoints are written. */
  start(method: "full" | "incremental", volumeSizeBytes: number, source?: string): void {
    if (source !== undefined) this.#checkpoints.begin({ source, method, volumeSizeBytes });
    if (method === "incremental" && this.#parent === undefined) throw new IllegalStateError("There is no earlier point to build an increment on.", { code: "NoBase" });
    const run = beginRun(this.#parts, this.#parent, {
      method,
      volumeSizeBytes,
      onStoredPage: () => this.#counts.objects++,
      onStoredPack: (pack) => this.#takeIn(pack),
      onSet: (index, slot) => {
        this.#checkpoints.note(index, isLocation(slot) ? slot.blockId : (slot ?? "removed"));
      },
    });
    // a failure is raised by whatever the run does next
    run.catch(() => undefined);
    this.#run = run;
  }

  /** Adds a verified block; stores it only where the repository does not hold it already. */
  async add(block: BlockData): Promise<BlockFate> {
    const run = await this.#started();
    const { context, session, runBlocks } = this.#parts;
    session.throwIfLost();
    this.#counts.readBlocks++;
    if (block.sha256.equals(zeroBlockSha256)) {
      this.#counts.zeroBlocks++;
      await run.builder.set(block.index, "zero");
      return "zero";
    }
    const blockId = context.keys.blockId(block.sha256);
    const inMap = await run.mapBlocks?.find(block.index, blockId);
    let known = knownInMap(run.dictionary, inMap);
    let storedPacks: number;
    do {
      // another volume's writer may place this block, or have it stored, while the index is looked at
      storedPacks = runBlocks.storedPacks;
      known ??= this.#findInRun(run, blockId) ?? (await this.#findInIndex(run, blockId)) ?? this.#findInRun(run, blockId);
    } while (known === undefined && runBlocks.storedPacks !== storedPacks);
    if (known?.pack !== undefined && session.condemned.has(known.pack)) known = undefined;
    if (known !== undefined) {
      if (known.pack !== undefined) this.#hits.add(known.pack);
      this.#counts.knownBlocks++;
      this.#counts[known.count]++;
      if (known.place !== undefined) await this.#heal(run, inMap, known.place);
      await run.builder.set(block.index, known.location);
      return "known";
    }
    // from the last look above to here nothing else runs: two writers never store one block
    const frame = sealFrame(context.keys, blockId, block.data);
    const placed = run.packs.place(frame, block.index);
    runBlocks.add(placed);
    this.#counts.storedBlocks++;
    this.#counts.storedBytes += frame.length;
    await this.#heal(run, inMap, { entry: placed.entry, pack: placed.pack.stored });
    await run.packs.hasRoom();
    await run.builder.set(block.index, locationOf(placed.entry, placed.ordinal));
    return "stored";
  }

  /** Whether a block that a checkpoint names would be found here, as one that was read is. */
  async holds({ index, content }: CheckpointEntry): Promise<boolean> {
    if (typeof content === "string") return true;
    const run = await this.#started();
    return (await this.#findResumed(run, index, content)).known !== undefined;
  }

  /** Takes over a block that a checkpoint names. `false`: the repository does not hold it, or not any more, and nothing was done. */
  async resume({ index, content }: CheckpointEntry): Promise<boolean> {
    const run = await this.#started();
    this.#parts.session.throwIfLost();
    if (content === "removed") {
      await this.remove(index);
      return true;
    }
    if (content === "zero") {
      await run.builder.set(index, "zero");
    } else {
      const { inMap, known } = await this.#findResumed(run, index, content);
      if (known === undefined) return false;
      if (known.pack !== undefined) this.#hits.add(known.pack);
      if (known.place !== undefined) await this.#heal(run, inMap, known.place);
      await run.builder.set(index, known.location);
    }
    this.#counts.resumedBlocks++;
    return true;
  }

  /** Whether a block is the one that a checkpoint names. */
  isContent(block: BlockData, content: CheckpointContent): boolean {
    if (typeof content === "string") return block.sha256.equals(zeroBlockSha256);
    return this.#parts.context.keys.blockId(block.sha256).equals(content);
  }

  /** The unchanged blocks whose data an earlier verification found damaged: an increment reads them again, ascending, beside what changed. */
  async *damagedBlocks(): AsyncGenerator<number> {
    const { healing } = await this.#started();
    if (healing !== undefined) yield* healing.damagedBlocks();
  }

  /** Says that a block is no more: it reads as zeros from now on. */
  async remove(index: number): Promise<void> {
    const { builder } = await this.#started();
    this.#counts.removedBlocks++;
    await builder.set(index, undefined);
  }

  /** Compares a block that should not have changed with the base; `false` means that the changed-block list was wrong. */
  async audit(block: BlockData): Promise<boolean> {
    const { mapBlocks } = await this.#started();
    this.#counts.auditedBlocks++;
    const slot = await mapBlocks?.slot(block.index);
    if (isLocation(slot)) return this.#parts.context.keys.blockId(block.sha256).equals(slot.blockId);
    return block.sha256.equals(zeroBlockSha256);
  }

  /** Stores what is left, then the record. Not yet a restore point: the group makes it one. */
  async finish(groupName: string, metadata: Omit<RecordMetadata, "counts">): Promise<WrittenRecord> {
    const { parent, builder, packs, shared, healing } = await this.#started();
    const { context, stream, session, head, cover, options } = this.#parts;
    await packs.finish();
    // own packs first: two volumes that wait for each other's both get them
    for (const { pack } of shared) pack.close();
    await Promise.all(shared.map(async ({ resolved }) => await resolved));
    await healing?.finish();
    await this.#indexRuns.flush(options);
    const { pointer, metaPack } = await builder.finish();
    const sequence = head.sequence + 1;
    const name = objectNames.record(stream, sequence);
    const nonce = context.random.bytes(16).toString("hex");
    const { versionId, ...pack } = metaPack;
    const origin = {
      root: { offset: pointer.offset, length: pointer.length, check: pointer.check.toString("hex") },
      metaPack: { ...pack, id: { ...pack.id, kind: "meta" as const }, sha256: pack.sha256.toString("hex"), ordinal: pointer.ordinal, ...(versionId !== undefined && { versionId }) },
    };
    const inherited = parent === undefined ? undefined : { nextOrdinal: parent.root.nextOrdinal, lockedUntilMs: head.point?.structure.lockedUntilMs ?? 0 };
    const { createdAt, lockedUntilMs, volume } = await cover.coverVolume({ map: { structure: origin }, inherited }, options);
    const bytes = sealPointRecord(
      context.keys,
      name,
      {
        stream,
        sequence,
        previous: head.hash,
        parent: parent === undefined ? null : (head.point?.structure.sequence ?? null),
        session: session.id,
        nonce,
        gcEpoch: session.epoch,
        createdAt: createdAt.toISOString(),
        group: groupName,
        ...(lockedUntilMs !== undefined && { lockedUntilMs }),
        ...origin,
      },
      { ...metadata, counts: recordCounts(this.#counts) },
    );
    await session.catchUp(options);
    session.throwIfLost();
    this.#isRecordDoubtful = true;
    try {
      await putRecord(context, name, bytes, nonce, options);
    } catch (error) {
      if (error instanceof ConflictError) this.#isRecordDoubtful = false;
      throw error;
    }
    this.#isRecordDoubtful = false;
    this.#isRecorded = true;
    session.rest();
    await this.#checkpoints.remove();
    await healing?.confirm();
    cover.noteRecord(volume, stream, sequence);
    this.#counts.objects++;
    return { stream, sequence, hash: recordHash(bytes), counts: { ...this.#counts } };
  }

  /** Raises `ConflictError` where this run's lease is lost: from then on it must not commit. */
  throwIfLost(): void {
    this.#parts.session.throwIfLost();
  }

  /** Ends the session, whatever became of the run; waits for what is on its way. */
  async close(): Promise<void> {
    try {
      const run = await this.#run?.catch(() => undefined);
      await run?.packs.abandon();
      // what a failed run has stored is there for the next one
      await this.#indexRuns.flush();
      await this.#checkpoints.flush();
    } finally {
      const { session } = this.#parts;
      // by the lease the next run finds what was stored, where the index could not be told of it (the disk is full)
      const isFoundByLease = !this.#isRecorded && !this.#indexRuns.isComplete;
      await (this.#isRecordDoubtful || isFoundByLease ? session.abandon() : session.end());
    }
  }

  /** A block that the map has in a lost place lies somewhere again: older points find it there from now on. */
  async #heal({ healing }: StartedRun, inMap: MapFinding | undefined, place: HealedPlace): Promise<void> {
    if (healing === undefined || inMap === undefined || !("lost" in inMap)) return;
    await healing.note(inMap.lost, inMap.pack, place);
    this.#counts.healedBlocks++;
  }

  #findInRun(run: StartedRun, blockId: Buffer): KnownBlock | undefined {
    const placed = this.#parts.runBlocks.find(blockId);
    if (placed === undefined) return undefined;
    const ordinal = run.dictionary.knownOrdinal(placed.pack.id) ?? share(run, placed.pack);
    return { location: locationOf(placed.entry, ordinal), count: "knownInRunBlocks", pack: placed.pack.id, place: { entry: placed.entry, pack: placed.pack.stored } };
  }

  async #findInIndex(run: StartedRun, blockId: Buffer): Promise<KnownBlock | undefined> {
    const found = await this.#indexed.find(blockId);
    if (found === undefined) return undefined;
    const isOfThisRun = found.reference.id.sessionId === this.#parts.session.id;
    if (this.#parts.session.condemned.has(found.reference.id)) return undefined;
    const place = { entry: found.entry, pack: Promise.resolve(found.reference) };
    return { location: locationOf(found.entry, run.dictionary.ordinalOf(found.reference)), count: isOfThisRun ? "knownInRunBlocks" : "knownInIndexBlocks", pack: found.reference.id, place };
  }

  /** A pack is stored: the index has its blocks from now on. */
  async #takeIn(pack: IndexedPack): Promise<void> {
    const { context, runBlocks, options } = this.#parts;
    this.#counts.packs++;
    this.#counts.packBytes += pack.reference.sizeBytes;
    this.#counts.objects++;
    this.#indexed.noteStored(context.index.add(pack.reference, pack.entries));
    runBlocks.release(pack.entries);
    await this.#indexRuns.add(pack, options);
    this.#checkpoints.packStored();
  }

  async #findResumed(run: StartedRun, index: number, blockId: Buffer): Promise<{ readonly inMap: MapFinding | undefined; readonly known: KnownBlock | undefined }> {
    const inMap = await run.mapBlocks?.find(index, blockId);
    const known = knownInMap(run.dictionary, inMap) ?? this.#findInRun(run, blockId) ?? (await this.#findInIndex(run, blockId)) ?? this.#findInRun(run, blockId);
    return { inMap, known: known?.pack !== undefined && this.#parts.session.condemned.has(known.pack) ? undefined : known };
  }

  /** A collection that began before this run may be about to remove what the newest point reaches; from here on `checkReliance` watches. */
  async #leaveCondemnedParent(): Promise<void> {
    const { context, session, options } = this.#parts;
    if (this.#parent === undefined || !(await this.#reachesForbidden(this.#parent, session.condemned, options))) return;
    context.logger.warn("a collection under way condemns packs of the newest point; a full backup is taken", { stream: this.stream });
    this.#parent = undefined;
  }

  async #reachesForbidden(parent: BlockMap, condemned: CondemnedPacks, options: SignalOptions): Promise<boolean> {
    const { context, stream, head } = this.#parts;
    return await reachesForbidden(context, objectNames.record(stream, head.point?.structure.sequence ?? 0), parent, condemned, options);
  }

  /** Raises where a collection condemned what this run's map points into: leaves are written already, so the run begins again. */
  async #checkReliance(condemned: CondemnedPacks, options: SignalOptions): Promise<void> {
    const { stream } = this.#parts;
    const parent = this.#parent;
    if (!condemned.includesAny(this.#hits) && (parent === undefined || !(await this.#reachesForbidden(parent, condemned, options)))) return;
    const error = new ConflictError("A collection condemned packs that this run had begun to rely on. Nothing was committed. Run it again: what it stored is found again.", {
      code: "PackCondemned",
      retryable: true,
      context: { stream },
    });
    this.#parts.session.lose(error);
    throw error;
  }

  async #started(): Promise<StartedRun> {
    if (this.#run === undefined) throw new IllegalStateError("The writer was not started.", { code: "NotStarted" });
    return await this.#run;
  }
}
