import { ConflictError, IllegalStateError, mistake } from "../../errors/index.js";
import { zeroBlockSha256, type BlockData } from "../../ports/index.js";
import type { IndexedPack } from "../format/index-run.js";
import { isLocation } from "../format/leaf.js";
import { objectNames } from "../format/object-names.js";
import { recordHash, type PointRecord, type RecordMetadata } from "../format/record.js";
import type { CheckpointEntry } from "../format/checkpoint.js";
import type { BlockMap } from "../map/block-map.js";
import { sealHere, type SealPlace } from "../pack/sealing/frame-sealer.js";
import { QuarantinedPacks } from "../quarantine/quarantined-packs.js";
import type { RepositoryContext, SignalOptions } from "../repository-context.js";
import { IndexRunWriter } from "./index-run-writer.js";
import { IndexedBlocks } from "./indexed-blocks.js";
import type { HealedPlace } from "./healing.js";
import type { MapFinding } from "./map-blocks.js";
import { openParent } from "./open-parent.js";
import { OrderedSteps } from "./ordered-steps.js";
import { beginRun } from "./begin-run.js";
import { BlockSealing } from "./block-sealing.js";
import type { Checkpoint } from "./checkpoints.js";
import { claimHead } from "./claim-head.js";
import { putRecord } from "./put-record.js";
import { takeInSession } from "./leftover-packs.js";
import { reachesForbidden } from "./reaches-forbidden.js";
import { Reliance } from "./reliance.js";
import { RunCheckpoints } from "./run-checkpoints.js";
import { knownInMap, knownInRun, locationOf, type KnownBlock, type StartedRun } from "./started-run.js";
import { sealVolumeRecord } from "./seal-volume-record.js";
import { usableParent } from "./usable-parent.js";
import type { BlockFate, VolumeWriterSetting, WriterParts, WrittenRecord } from "./volume-writer-parts.js";
import { newCounts, type WriteCounts } from "./write-counts.js";
import { WriterSession } from "./writer-session.js";

/** Steps that wait for their turn, beyond the blocks being sealed: known blocks and zeros, of which nothing is held but their place. */
const maxStepsWaiting = 256;

/** Writes one volume's part of a restore point: blocks ascending by index, then the record. */
export class VolumeWriter {
  readonly stream: string;
  readonly #parts: WriterParts;
  readonly #counts = newCounts();
  readonly #indexed: IndexedBlocks;
  readonly #indexRuns: IndexRunWriter;
  /** Packs of others that this run relies on. */
  readonly #reliance: Reliance;
  /** What is done in the order of the blocks, after their sealing. */
  readonly #steps = new OrderedSteps();
  readonly #sealing: BlockSealing;
  /** The newest point's map, which this one may grow from. */
  #parent: BlockMap | undefined;
  #run: Promise<StartedRun> | undefined;
  /** Whether the record was sent and no answer came: it may be written yet. */
  #isRecordDoubtful = false;
  #isRecorded = false;
  readonly #checkpoints: RunCheckpoints;

  private constructor(parts: WriterParts, parent: BlockMap | undefined) {
    this.#parts = parts;
    this.#parent = parent;
    this.stream = parts.stream;
    this.#sealing = new BlockSealing(parts.context, parts);
    this.#indexed = new IndexedBlocks(parts.context, parts.options, (pack) => parts.session.condemned.has(pack) || parts.quarantined.has(pack), { sessionId: parts.session.id, stream: parts.stream });
    this.#indexRuns = new IndexRunWriter(parts.context, parts.session.id, () => {
      this.#counts.objects++;
    });
    const run = { stream: parts.stream, sessionId: parts.session.id, base: parts.head.point?.structure, onWritten: () => this.#counts.objects++ };
    this.#checkpoints = new RunCheckpoints(parts.context, run, parts.options);
    this.#reliance = new Reliance(parts, () => this.#parent);
  }

  /** Opens a session, reads the stream's head and claims the record after it, for the group that will name it. */
  static async begin(context: RepositoryContext, resource: string, group: string, { runBlocks, cover, sealer = sealHere, minCompressionLevel }: VolumeWriterSetting, options: SignalOptions = {}): Promise<VolumeWriter> {
    const stream = context.keys.streamName(resource);
    const session = await WriterSession.begin(context, options);
    try {
      await cover.begin(objectNames.session(session.id), options);
      const head = await claimHead(context, session, { stream, group }, options);
      const quarantined = await QuarantinedPacks.list(context, options);
      const parent = await usableParent(context, await openParent(context, head, options), quarantined, options);
      const writer = new VolumeWriter({ context, stream, session, head, quarantined, runBlocks, cover, sealer, minCompressionLevel, options }, parent);
      await writer.#leaveCondemnedParent();
      return writer;
    } catch (error) {
      await session.end();
      throw error;
    }
  }

  /** The record that an increment would build on; its point need not have been committed. */
  get base(): PointRecord | undefined {
    return this.#parent === undefined ? undefined : this.#parts.head.point;
  }

  /** Where the calling thread seals, nothing is prepared ahead. */
  get #maxStepsWaiting(): number {
    return this.#parts.sealer.lookAhead === 0 ? 0 : maxStepsWaiting;
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
    if (method === "incremental" && this.#parent === undefined) throw new IllegalStateError(`There is no earlier point to build an increment on. ${mistake}`, { code: "NoBase" });
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

  /**
   * Adds a verified block; stores it only where the repository does not hold it already. Resolves as soon as the block's memory is not needed any more: it may
   * still be on its way into a pack, and what fails there is raised by the next call.
   */
  async add(block: BlockData): Promise<BlockFate> {
    const run = await this.#started();
    this.#sealing.sourceWaited();
    const { context, session } = this.#parts;
    session.throwIfLost();
    this.#steps.throwIfFailed();
    this.#counts.readBlocks++;
    const blockId = context.keys.blockId(block.sha256);
    const fate = block.sha256.equals(zeroBlockSha256) ? this.#addZero(run, block.index) : await this.#addData(run, block, blockId);
    await this.#sealing.storeWaits(() => this.#steps.untilLeft(this.#maxStepsWaiting));
    return fate;
  }

  #addZero(run: StartedRun, index: number): BlockFate {
    this.#counts.zeroBlocks++;
    this.#steps.push({ run: async () => { await run.builder.set(index, "zero"); } });
    return "zero";
  }

  async #addData(run: StartedRun, block: BlockData, blockId: Buffer): Promise<BlockFate> {
    const { runBlocks, session } = this.#parts;
    const inMap = await run.mapBlocks?.find(block.index, blockId);
    let known = knownInMap(run, inMap);
    let place: SealPlace | undefined;
    let storedPacks: number;
    try {
      do {
        // another volume's writer may place this block, or have it stored, while the index is looked at or a place to seal it is waited for
        storedPacks = runBlocks.storedPacks;
        known ??= this.#findInRun(run, blockId) ?? (await this.#findInIndex(run, blockId)) ?? this.#findInRun(run, blockId);
        if (known?.pack !== undefined && session.condemned.has(known.pack)) known = undefined;
        if (known === undefined && runBlocks.findComing(blockId) === undefined) place ??= await this.#sealing.place();
      } while (known === undefined && runBlocks.storedPacks !== storedPacks);
      known ??= this.#findInRun(run, blockId);
      if (known?.pack !== undefined && session.condemned.has(known.pack)) known = undefined;
      const coming = known === undefined ? runBlocks.findComing(blockId) : undefined;
      const find = known !== undefined ? known : coming === undefined ? undefined : async (): Promise<KnownBlock> => knownInRun(run, await coming);
      if (find !== undefined) {
        this.#counts.knownBlocks++;
        this.#counts[known?.count ?? "knownInRunBlocks"]++;
        this.#steps.push({ run: async () => { await this.#setKnown(run, block.index, inMap, typeof find === "function" ? await find() : find); } });
        return "known";
      }
      // from the last look above to here nothing else runs: two writers never store one block
      if (place === undefined) throw new IllegalStateError(`There is no place to seal a block in. ${mistake}`, { code: "NoSealPlace" });
      this.#seal(run, block, blockId, inMap, place);
      place = undefined;
      return "stored";
    } finally {
      place?.leave();
    }
  }

  /** Has a block sealed, and puts it into a pack in its turn. */
  #seal(run: StartedRun, block: BlockData, blockId: Buffer, inMap: MapFinding | undefined, place: SealPlace): void {
    const { runBlocks } = this.#parts;
    const { index } = block;
    const { frame, release } = this.#sealing.begin(place, blockId, block.data);
    const coming = runBlocks.expect(blockId);
    this.#counts.storedBlocks++;
    this.#steps.push({
      run: async () => {
        const sealed = await frame;
        const placed = run.packs.place(sealed, index);
        release();
        coming.placed(placed);
        this.#counts.storedBytes += placed.entry.length;
        await this.#heal(run, inMap, { entry: placed.entry, pack: placed.pack.stored });
        await run.packs.hasRoom();
        await run.builder.set(index, locationOf(placed.entry, placed.ordinal));
      },
      skip: (error) => {
        release();
        coming.failed(error);
      },
    });
  }

  async #setKnown(run: StartedRun, index: number, inMap: MapFinding | undefined, known: KnownBlock): Promise<void> {
    if (known.pack !== undefined) this.#reliance.add(known.pack);
    if (known.place !== undefined) await this.#heal(run, inMap, known.place);
    await run.builder.set(index, known.location);
  }

  /** Whether a block that a checkpoint names would be found here, as one that was read is. */
  async holds({ index, content }: CheckpointEntry): Promise<boolean> {
    if (typeof content === "string") return true;
    const run = await this.#started();
    return (await this.#findResumed(run, index, content)).find !== undefined;
  }

  /** Takes over a block that a checkpoint names. `false`: the repository does not hold it, or not any more, and nothing was done. */
  async resume({ index, content }: CheckpointEntry): Promise<boolean> {
    const run = await this.#started();
    this.#parts.session.throwIfLost();
    this.#steps.throwIfFailed();
    if (content === "removed") {
      await this.remove(index);
      return true;
    }
    if (content === "zero") {
      this.#steps.push({ run: async () => { await run.builder.set(index, "zero"); } });
    } else {
      const { inMap, find } = await this.#findResumed(run, index, content);
      if (find === undefined) return false;
      this.#steps.push({ run: async () => { await this.#setKnown(run, index, inMap, await find()); } });
    }
    this.#counts.resumedBlocks++;
    await this.#steps.untilLeft(this.#maxStepsWaiting);
    return true;
  }

  async #findResumed(run: StartedRun, index: number, blockId: Buffer): Promise<{ readonly inMap: MapFinding | undefined; readonly find: (() => Promise<KnownBlock>) | undefined }> {
    const { runBlocks, session } = this.#parts;
    const inMap = await run.mapBlocks?.find(index, blockId);
    const known = knownInMap(run, inMap) ?? this.#findInRun(run, blockId) ?? (await this.#findInIndex(run, blockId)) ?? this.#findInRun(run, blockId);
    if (known !== undefined && !(known.pack !== undefined && session.condemned.has(known.pack))) return { inMap, find: () => Promise.resolve(known) };
    const coming = runBlocks.findComing(blockId);
    return { inMap, find: coming === undefined ? undefined : async () => knownInRun(run, await coming) };
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
    this.#steps.push({ run: async () => { await builder.set(index, undefined); } });
    await this.#steps.untilLeft(this.#maxStepsWaiting);
  }

  /** Compares a block that should not have changed with the base; `false` means that the changed-block list was wrong. */
  async audit(block: BlockData): Promise<boolean> {
    const { mapBlocks } = await this.#started();
    this.#counts.auditedBlocks++;
    const slot = await mapBlocks?.slot(block.index);
    return this.#checkpoints.isContent(block, isLocation(slot) ? slot.blockId : "zero");
  }

  /** Stores what is left, then the record. Not yet a restore point: the group makes it one. */
  async finish(groupName: string, metadata: Omit<RecordMetadata, "counts">): Promise<WrittenRecord> {
    const { parent, builder, packs, shared, healing } = await this.#started();
    const { context, stream, session, cover, options } = this.#parts;
    await this.#steps.untilLeft(0);
    await packs.finish();
    // own packs first: two volumes that wait for each other's both get them
    for (const { pack } of shared) pack.close();
    await Promise.all(shared.map(async ({ resolved }) => await resolved));
    await healing?.finish();
    await this.#indexRuns.flush(options);
    const { pointer, metaPack } = await builder.finish();
    const { name, bytes, nonce, sequence, volume } = await sealVolumeRecord(this.#parts, parent, { pointer, metaPack }, { groupName, metadata, counts: this.#counts });
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

  /** Ends the session, whatever became of the run; waits for what is on its way. Where another run goes on at once, all that was read is written down. */
  async close({ isContinued }: { readonly isContinued?: boolean | undefined } = {}): Promise<void> {
    try {
      const run = await this.#run?.catch(() => undefined);
      await this.#steps.settle();
      await run?.packs.abandon();
      // what a failed run has stored is there for the next one
      await this.#indexRuns.flush();
      await this.#checkpoints.flush({ isAll: isContinued });
    } finally {
      const { session } = this.#parts;
      // by the lease the next run finds what was stored, where the index could not be told of it (the disk is full)
      const isFoundByLease = !this.#isRecorded && !this.#indexRuns.isComplete;
      await (this.#isRecordDoubtful || isFoundByLease ? session.abandon() : session.end());
    }
  }

  /** Stops without ending the session: its lease stays for a collection to fence. How far it had come is written down. */
  async leave(): Promise<void> {
    await (await this.#run?.catch(() => undefined))?.packs.abandon();
    await this.#checkpoints.flush();
    await this.#parts.session.abandon();
  }

  /** A block that the map has in a lost place lies somewhere again: older points find it there from now on. */
  async #heal({ healing }: StartedRun, inMap: MapFinding | undefined, place: HealedPlace): Promise<void> {
    if (healing === undefined || inMap === undefined || !("lost" in inMap)) return;
    await healing.note(inMap.lost, inMap.pack, place);
    this.#counts.healedBlocks++;
  }

  #findInRun(run: StartedRun, blockId: Buffer): KnownBlock | undefined {
    const placed = this.#parts.runBlocks.find(blockId);
    return placed === undefined ? undefined : knownInRun(run, placed);
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

  /** A collection that began before this run may be about to remove what the newest point reaches; from here on its reliance watches. */
  async #leaveCondemnedParent(): Promise<void> {
    const { context, session, options } = this.#parts;
    if (!(await reachesForbidden(this.#parts, this.#parent, session.condemned, options))) return;
    context.logger.warn("a collection under way condemns packs of the newest point; a full backup is taken", { stream: this.stream });
    this.#parent = undefined;
  }

  async #started(): Promise<StartedRun> {
    if (this.#run === undefined) throw new IllegalStateError(`The writer was not started. ${mistake}`, { code: "NotStarted" });
    return await this.#run;
  }
}
