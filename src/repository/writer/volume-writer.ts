import { randomBytes } from "node:crypto";
import { ConflictError, HoldfastError, IllegalStateError } from "../../errors/index.js";
import { zeroBlockSha256, type BlockData } from "../../ports/index.js";
import { isLocation, leafBlocks, type BlockLocation, type LeafSlot } from "../format/leaf.js";
import { objectNames } from "../format/object-names.js";
import { openRecord, recordHash, sealPointRecord, type BackupCounts, type RecordMetadata } from "../format/record.js";
import { BlockMap } from "../map/block-map.js";
import { BlockMapBuilder } from "../map/block-map-builder.js";
import { PackDictionary } from "../map/pack-dictionary.js";
import { sealFrame } from "../pack/frame-codec.js";
import { readStreamHead, type StreamHead } from "../points/read-stream.js";
import type { RepositoryContext, SignalOptions } from "../repository-context.js";
import { MetaPackWriter } from "./meta-pack-writer.js";
import { PackWriter } from "./pack-writer.js";
import { WriterSession } from "./writer-session.js";

/** What became of a block that was given to a writer. */
export type BlockFate = "zero" | "known" | "stored";

/** A volume's record as the group will name it. */
export interface WrittenRecord {
  readonly stream: string;
  readonly sequence: number;
  readonly hash: string;
  readonly counts: BackupCounts;
}

/** Blocks of this run that are remembered to be stored once. The repository-wide index extends this. */
const maxRememberedBlocks = 2 ** 20;

/** Writes one volume's part of a restore point: blocks ascending by index, then the record. */
export class VolumeWriter {
  readonly stream: string;
  readonly #context: RepositoryContext;
  readonly #session: WriterSession;
  readonly #head: StreamHead;
  readonly #parent: BlockMap | undefined;
  readonly #options: SignalOptions;
  readonly #seen = new Map<string, BlockLocation>();
  readonly #counts = { readBlocks: 0, zeroBlocks: 0, knownBlocks: 0, storedBlocks: 0, storedBytes: 0, auditedBlocks: 0 };
  #run: { readonly builder: BlockMapBuilder; readonly packs: PackWriter } | undefined;

  private constructor(context: RepositoryContext, stream: string, session: WriterSession, head: StreamHead, parent: BlockMap | undefined, options: SignalOptions) {
    this.#context = context;
    this.stream = stream;
    this.#session = session;
    this.#head = head;
    this.#parent = parent;
    this.#options = options;
  }

  /** Opens a session, reads the stream's head and claims the record after it. */
  static async begin(context: RepositoryContext, resource: string, options: SignalOptions = {}): Promise<VolumeWriter> {
    const stream = context.keys.streamName(resource);
    const session = await WriterSession.begin(context, options);
    try {
      const head = await readStreamHead(context, stream, options);
      await session.claim(stream, head.sequence + 1, options);
      const parent = await openParent(context, head, options);
      return new VolumeWriter(context, stream, session, head, parent, options);
    } catch (error) {
      await session.end();
      throw error;
    }
  }

  /** The snapshot of the point that an increment would build on. */
  get baseSnapshotId(): string | undefined {
    return this.#parent === undefined ? undefined : this.#head.point?.metadata.snapshotId;
  }

  get counts(): BackupCounts {
    return this.#counts;
  }

  /** Begins the block map. `incremental` needs a base. */
  start(method: "full" | "incremental", volumeSizeBytes: number): void {
    if (method === "incremental" && this.#parent === undefined) throw new IllegalStateError("There is no earlier point to build an increment on.", { code: "NoBase" });
    const dictionary = new PackDictionary(this.#parent);
    const pages = new MetaPackWriter(this.#context, dictionary, () => this.#session.nextPackId("meta"), this.#options);
    this.#run = {
      builder: new BlockMapBuilder(this.#parent, dictionary, pages, { volumeSizeBytes, method, ...this.#options }),
      packs: new PackWriter(this.#context, dictionary, { nextPackId: () => this.#session.nextPackId("data"), onStored: () => undefined, signal: this.#options.signal }),
    };
  }

  /** Adds a verified block; stores it only where the repository does not hold it already. */
  async add(block: BlockData): Promise<BlockFate> {
    const { builder, packs } = this.#started();
    await this.#session.heartbeat(this.#options);
    this.#counts.readBlocks++;
    if (block.sha256.equals(zeroBlockSha256)) {
      this.#counts.zeroBlocks++;
      await builder.set(block.index, "zero");
      return "zero";
    }
    const blockId = this.#context.keys.blockId(block.sha256);
    const known = await this.#find(block.index, blockId);
    if (known !== undefined) {
      this.#counts.knownBlocks++;
      await builder.set(block.index, known);
      return "known";
    }
    const frame = sealFrame(this.#context.keys, blockId, block.data);
    const { location } = await packs.add(frame, block.index);
    this.#counts.storedBlocks++;
    this.#counts.storedBytes += frame.length;
    if (this.#seen.size < maxRememberedBlocks) this.#seen.set(blockId.toString("latin1"), location);
    await builder.set(block.index, location);
    return "stored";
  }

  /** Says that a block is no more: it reads as zeros from now on. */
  async remove(index: number): Promise<void> {
    await this.#started().builder.set(index, undefined);
  }

  /** What the base says of a block: to audit the changed-block list. */
  async baseSlot(index: number): Promise<LeafSlot> {
    const leaf = await this.#parent?.leaf(Math.floor(index / leafBlocks), this.#options);
    return leaf?.[index % leafBlocks];
  }

  /** Compares a block that should not have changed with the base; `false` means that the changed-block list was wrong. */
  async audit(block: BlockData): Promise<boolean> {
    this.#counts.auditedBlocks++;
    const slot = await this.baseSlot(block.index);
    if (isLocation(slot)) return this.#context.keys.blockId(block.sha256).equals(slot.blockId);
    return block.sha256.equals(zeroBlockSha256);
  }

  /** Stores what is left, then the record. Not yet a restore point: the group makes it one. */
  async finish(groupName: string, metadata: Omit<RecordMetadata, "counts">): Promise<WrittenRecord> {
    const { builder, packs } = this.#started();
    await packs.finish();
    const { pointer, metaPack } = await builder.finish();
    const sequence = this.#head.sequence + 1;
    const name = objectNames.record(this.stream, sequence);
    const nonce = randomBytes(16).toString("hex");
    const { versionId, ...pack } = metaPack;
    const bytes = sealPointRecord(
      this.#context.keys,
      name,
      {
        stream: this.stream,
        sequence,
        previous: this.#head.hash,
        parent: this.#parent === undefined ? null : (this.#head.point?.structure.sequence ?? null),
        session: this.#session.id,
        nonce,
        gcEpoch: this.#session.epoch,
        createdAt: this.#context.clock.now().toISOString(),
        group: groupName,
        root: { offset: pointer.offset, length: pointer.length, check: pointer.check.toString("hex") },
        metaPack: { ...pack, id: { ...pack.id, kind: "meta" }, sha256: pack.sha256.toString("hex"), ordinal: pointer.ordinal, ...(versionId !== undefined && { versionId }) },
      },
      { ...metadata, counts: this.#counts },
    );
    await putRecord(this.#context, name, bytes, nonce, this.#options);
    return { stream: this.stream, sequence, hash: recordHash(bytes), counts: { ...this.#counts } };
  }

  /** Ends the session, whatever became of the run; waits for what is on its way. */
  async close(): Promise<void> {
    await this.#run?.packs.settle();
    await this.#session.end();
  }

  async #find(index: number, blockId: Buffer): Promise<BlockLocation | undefined> {
    const slot = await this.baseSlot(index);
    if (isLocation(slot) && slot.blockId.equals(blockId)) return slot;
    return this.#seen.get(blockId.toString("latin1"));
  }

  #started(): { readonly builder: BlockMapBuilder; readonly packs: PackWriter } {
    if (this.#run === undefined) throw new IllegalStateError("The writer was not started.", { code: "NotStarted" });
    return this.#run;
  }
}

/** The newest point's map, or nothing where it is damaged: then a full backup heals the stream. */
async function openParent(context: RepositoryContext, head: StreamHead, options: SignalOptions): Promise<BlockMap | undefined> {
  if (head.point === undefined) return undefined;
  try {
    return await BlockMap.open(context, head.point, options);
  } catch (error) {
    if (!(HoldfastError.isInstance(error) && (error.name === "IntegrityError" || error.code === "ObjectNotFound"))) throw error;
    context.logger.warn("the newest point's block map cannot be read; a full backup is taken", { error: error.message });
    return undefined;
  }
}

/** Puts the record only if its place is free. A place taken by this very run means that a reply was lost. */
async function putRecord(context: RepositoryContext, name: string, bytes: Buffer, nonce: string, options: SignalOptions): Promise<void> {
  try {
    await context.store.put(name, bytes, { condition: "absent", signal: options.signal });
  } catch (cause) {
    if (!(HoldfastError.isInstance(cause) && cause.code === "ConditionFailed")) throw cause;
    const { body } = await context.store.get(name, options);
    if (openRecord(context.keys, name, body)?.structure.nonce === nonce) return;
    throw new ConflictError("Another run wrote this volume's next point first. Run it again: what this run stored is not lost.", {
      code: "Fenced",
      retryable: true,
      context: { object: name },
      cause,
    });
  }
}

