import { HoldfastError, IntegrityError } from "../errors/index.js";
import { blockSizeBytes, type BlockChange, type BlockData, type BlockReader, type BlockReference, type Random } from "../ports/index.js";
import { pointId } from "../repository/format/point-id.js";
import type { VolumeWriter } from "../repository/writer/volume-writer.js";
import { withDamagedBlocks, type BlockToRead } from "./damaged-blocks.js";
import { inOrder } from "../concurrency/in-order.js";
import { planResume, resumedBlocks } from "./resume.js";
import type { RunPace } from "./run-pace.js";

/** Reads under way at the same time where the source names no number, 512 KiB each: 32 MiB. */
const defaultMaxInFlight = 64;
/** Unchanged blocks that an increment reads again to catch a wrong changed-block list. */
const defaultAuditBlocks = 8;

export interface BackupVolumeOptions {
  readonly maxInFlight?: number | undefined;
  readonly auditBlocks?: number | undefined;
  /** What the source calls the state since which it tells changes: the snapshot of the newest point, or that point's own id. Default: `snapshot`. */
  readonly baseIs?: "snapshot" | "restore point" | undefined;
  /** Reads everything though the changes could be told. */
  readonly ignoreBase?: boolean | undefined;
  readonly random: Random;
  /** What the run may take at most. */
  readonly pace?: RunPace | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Called once, before the first block is read. */
  readonly onMethod?: ((method: BackupMethod) => void) | undefined;
  /** Called for each block, ascending by index, once it is written or removed. */
  readonly onBlock?: ((index: number) => void) | undefined;
}

/** How a volume was read. */
export interface BackupMethod {
  readonly method: "full" | "incremental";
  readonly baseSnapshotId: string | undefined;
  /** The restore point since which changes were told, of sources that name states so. */
  readonly basePointId?: string | undefined;
  /** Why everything was read; absent for an increment. */
  readonly fullReason: string | undefined;
}

/** What a volume's backup found in the source's listing. What became of the blocks, the writer counts. */
export interface VolumeChanges extends BackupMethod {
  /** Blocks that the listing named as holding data: all of them for a full backup, the changed ones for an increment. */
  readonly changedBlocks: number;
  /** Blocks that are no more since the base. */
  readonly removedBlocks: number;
  /** Of the changed blocks, those that an earlier run, which was cut short, had read. */
  readonly resumedBlocks: number;
}

/** Moves one frozen volume into a writer: what changed since the base where that can be told, all of it otherwise. */
export async function backupVolume(reader: BlockReader, writer: VolumeWriter, options: BackupVolumeOptions): Promise<VolumeChanges> {
  const plan = await planWithCheckpoint(reader, writer, options);
  // the name of an image stands for whatever it holds at the moment: only snapshots stay as they are
  writer.start(plan.method.method, reader.volumeSizeBytes, isFrozen(reader) ? reader.source : undefined);
  options.onMethod?.(plan.method);
  let changedBlocks = 0;
  let removedBlocks = 0;
  let resumedBlocks = 0;
  let { storedBytes } = writer.counts;
  const changed = new Set<number>();
  const isIncremental = plan.method.method === "incremental";
  const changes = isIncremental ? withDamagedBlocks(plan.changes, writer.damagedBlocks(), reader, options) : plan.changes;
  const read = async (change: BlockToRead): Promise<BlockToRead & { readonly block?: BlockData }> => {
    options.signal?.throwIfAborted();
    if (change.reference === undefined) return change;
    await options.pace?.turn(blockSizeBytes, options.signal);
    return { ...change, block: await reader.read(change.reference, options) };
  };
  for await (const { index, block, isDamaged, known } of inOrder(changes, () => readsInFlight(reader, options), read)) {
    if (isIncremental && changed.size < maxAuditMemory) changed.add(index);
    if (known !== undefined && (await writer.resume({ index, content: known }))) {
      if (known === "removed") removedBlocks++;
      else changedBlocks++;
      if (known !== "removed") resumedBlocks++;
    } else if (known !== undefined) {
      // it was there a moment ago: a collection was faster
      await readAgain(reader, writer, index, options);
      changedBlocks++;
    } else if (block === undefined) {
      if (isDamaged !== true) removedBlocks++;
      await writer.remove(index);
    } else {
      if (isDamaged !== true) changedBlocks++;
      await writer.add(block);
      block.release?.();
    }
    options.pace?.stored(writer.counts.storedBytes - storedBytes);
    ({ storedBytes } = writer.counts);
    options.onBlock?.(index);
  }
  if (isIncremental && changed.size < maxAuditMemory) await audit(reader, writer, changed, options);
  return { ...plan.method, changedBlocks, removedBlocks, resumedBlocks };
}

/** As many as reach the source's rate at the latency that it has now, as far as there is memory for them. */
function readsInFlight(reader: BlockReader, { maxInFlight = Number.POSITIVE_INFINITY }: BackupVolumeOptions): number {
  return Math.min(maxInFlight, reader.readsInFlight ?? defaultMaxInFlight);
}

function isFrozen(reader: BlockReader): boolean {
  return reader.changesSince !== undefined && reader.isReusedName !== true;
}

/** As planned without a checkpoint; but what an earlier run had read before it was cut short is taken over. */
async function planWithCheckpoint(reader: BlockReader, writer: VolumeWriter, options: BackupVolumeOptions): Promise<ChangesPlan> {
  const base = writer.base && (options.baseIs === "restore point" ? pointId(writer.base.structure.group) : writer.base.metadata.snapshotId);
  const plan = await planChanges(reader, base, options);
  if (!isFrozen(reader)) return plan;
  const resumeOptions = { random: options.random, mayCompare: options.ignoreBase !== true, signal: options.signal };
  const resumed = await planResume(reader, await writer.checkpoints.earlier({ method: plan.method.method, volumeSizeBytes: reader.volumeSizeBytes }), resumeOptions);
  if (resumed === undefined) return plan;
  await plan.close();
  return {
    ...plan,
    changes: (async function* () {
      await writer.takeIn(resumed.checkpoint);
      yield* resumedBlocks(reader, writer, resumed, plan.from, resumeOptions);
    })(),
  };
}

async function readAgain(reader: BlockReader, writer: VolumeWriter, index: number, options: BackupVolumeOptions): Promise<void> {
  for await (const reference of reader.blocks({ startIndex: index, signal: options.signal })) {
    if (reference.index !== index) break;
    await writer.add(await reader.read(reference, options));
    return;
  }
  await writer.remove(index);
}

/** Changed indexes that are remembered for the audit; a run with more has read most of the volume anyway. */
const maxAuditMemory = 1_000_000;

interface ChangesPlan {
  readonly method: BackupMethod;
  readonly changes: AsyncIterable<BlockToRead>;
  /** The same changes, from a block on. */
  readonly from: (startIndex: number) => AsyncIterable<BlockChange>;
  /** Gives up `changes`, which were begun. */
  readonly close: () => Promise<void>;
}

async function planChanges(reader: BlockReader, base: string | undefined, { signal, ignoreBase, baseIs }: BackupVolumeOptions): Promise<ChangesPlan> {
  const full = (fullReason: string): ChangesPlan => ({
    method: { method: "full", baseSnapshotId: undefined, fullReason },
    changes: allBlocks(reader, 0, signal),
    from: (startIndex) => allBlocks(reader, startIndex, signal),
    close: () => Promise.resolve(),
  });
  if (ignoreBase === true) return full("a full backup was asked for");
  if (base === undefined) return full("the repository holds no earlier point of this volume to build on");
  if (reader.changesSince === undefined) return full("the source does not track changes");
  const changesSince = reader.changesSince.bind(reader);
  const iterator = changesSince(base, { signal })[Symbol.asyncIterator]();
  try {
    const first = await iterator.next();
    return {
      method: { method: "incremental", fullReason: undefined, ...(baseIs === "restore point" ? { baseSnapshotId: undefined, basePointId: base } : { baseSnapshotId: base }) },
      changes: resume(first, iterator),
      from: (startIndex) => changesSince(base, { startIndex, signal }),
      close: async () => {
        await iterator.return?.();
      },
    };
  } catch (error) {
    if (!(HoldfastError.isInstance(error) && (error.code === "UnrelatedSnapshots" || error.name === "NotFoundError"))) throw error;
    return full(`changes since ${base} cannot be told: ${error.message}`);
  }
}

async function* allBlocks(reader: BlockReader, startIndex: number, signal: AbortSignal | undefined): AsyncGenerator<BlockChange> {
  for await (const reference of reader.blocks({ startIndex, signal })) yield { index: reference.index, reference };
}

async function* resume<T>(first: IteratorResult<T>, iterator: AsyncIterator<T>): AsyncGenerator<T> {
  try {
    for (let result = first; result.done !== true; result = await iterator.next()) yield result.value;
  } finally {
    await iterator.return?.();
  }
}

/** Reads a few random blocks that the changed-block list did not name and compares them with the base. */
async function audit(reader: BlockReader, writer: VolumeWriter, changed: ReadonlySet<number>, options: BackupVolumeOptions): Promise<void> {
  const blocks = Math.floor(reader.volumeSizeBytes / blockSizeBytes);
  const wanted = options.auditBlocks ?? defaultAuditBlocks;
  for (let attempt = 0; attempt < wanted; attempt++) {
    const reference = await nextBlock(reader, Math.floor(options.random.fraction() * blocks), options);
    if (reference === undefined) return;
    if (changed.has(reference.index)) continue;
    if (await writer.audit(await reader.read(reference, options))) continue;
    throw new IntegrityError(
      `The changed-block list of ${reader.source} left out block ${String(reference.index)}, which did change. Nothing was committed. Run a full backup once (policy.run({ full: true })), and report this to the provider.`,
      { code: "WrongChangedBlockList", context: { source: reader.source, block: reference.index } },
    );
  }
}

/** The first block that holds data at or after `startIndex`, from the beginning again where there is none: most of a volume may be empty. */
async function nextBlock(reader: BlockReader, startIndex: number, options: BackupVolumeOptions): Promise<BlockReference | undefined> {
  for await (const reference of reader.blocks({ startIndex, signal: options.signal })) return reference;
  for await (const reference of reader.blocks({ signal: options.signal })) return reference;
  return undefined;
}
