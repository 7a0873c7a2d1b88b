import * as z from "zod";
import { checkOptions } from "../../options/check-options.js";
import { functionSchema, signalSchema } from "../../options/schemas.js";
import type { ObjectInfo } from "../../ports/index.js";
import { levelEntries, type IndexLevel } from "../format/index-level.js";
import { estimateEntries } from "../format/index-run.js";
import { indexGenerationOf, objectNames, type PackId } from "../format/object-names.js";
import { pointTime } from "../format/point-id.js";
import type { RepositoryContext, SignalOptions } from "../repository-context.js";
import { readIndexManifest, replaceIndexManifest, type StoredManifest } from "./index-manifests.js";
import { readInOrder } from "./index-source.js";
import { LevelWriter } from "./level-writer.js";
import { readRun } from "./load-index.js";
import { levelInput, mergeInputs, type MergeLosses } from "./merge-inputs.js";
import { pickLevels } from "./pick-levels.js";
import { levelObjects, readPackLists } from "./read-level.js";
import { maxBatchEntries, RunBatch } from "./run-batch.js";
import { deleteObjects } from "../store/delete-objects.js";

/** A level of whose packs more than this share is gone is written anew without them. */
const maxDeadShare = 1 / 16;

/** How the index is merged. */
export interface MergeIndexOptions extends SignalOptions {
  /** Which data packs there are; those that are not are dropped from the index. Must say yes for packs that were stored after it was asked. Default: all. */
  readonly isLive?: ((pack: PackId) => boolean) | undefined;
}

const schema = z.strictObject({ isLive: functionSchema<NonNullable<MergeIndexOptions["isLive"]>>(), signal: signalSchema });

/** Checks the options; raises `ConfigurationError` naming the path. */
export function checkMergeIndexOptions(options: MergeIndexOptions): MergeIndexOptions {
  return checkOptions<MergeIndexOptions>(options, { of: "a merge of the index", schema });
}

/** What a merge of the index did. */
export interface MergeIndexReport {
  /** Runs of writers that were merged and removed. */
  readonly mergedRuns: number;
  /** Levels that were merged and removed. */
  readonly mergedLevels: number;
  /** Levels there are now. */
  readonly levels: number;
  /** Blocks that they know. */
  readonly blocks: number;
  /** Packs that were no more. */
  readonly droppedPacks: number;
  /** Runs, pages and shards that could not be opened: what they knew is found again by `rebuild`. */
  readonly damaged: number;
  /** `false` where another merge took over: what this one committed stands, the other does the rest. */
  readonly isComplete: boolean;
}

interface Progress extends MergeLosses {
  mergedRuns: number;
  mergedLevels: number;
}

/**
 * Merges the runs that writers stored, and levels of like size, into sorted levels. Each step is committed by one conditional write of the
 * manifest; only then what it replaces is removed. Any number of merges and writers may run: the merge that began a step last wins,
 * the others stop. A crash leaves nothing that the next merge does not remove.
 */
export async function mergeIndex(context: RepositoryContext, options: MergeIndexOptions = {}): Promise<MergeIndexReport> {
  const progress: Progress = { mergedRuns: 0, mergedLevels: 0, droppedPacks: 0, damaged: 0 };
  let stored = await readIndexManifest(context, options);
  if (stored.isDamaged) progress.damaged++;
  for (let step = await nextStep(context, stored, options); step !== undefined; step = await nextStep(context, stored, options)) {
    const next = await takeStep(context, stored, step, progress, options);
    if (next === "superseded") return report((await readIndexManifest(context, options)).manifest.levels, progress, false);
    stored = next;
  }
  return report(stored.manifest.levels, progress, true);
}

function report(levels: readonly IndexLevel[], progress: Progress, isComplete: boolean): MergeIndexReport {
  return { ...progress, levels: levels.length, blocks: levels.reduce((sum, level) => sum + levelEntries(level), 0), isComplete };
}

/** What is merged at once. */
interface Step {
  readonly runs: readonly ObjectInfo[];
  /** No less than the runs have. */
  readonly runEntries: number;
  readonly levels: readonly IndexLevel[];
}

/** Runs first, as many as are sorted in memory; then levels of which much is dead; nothing where all is merged. */
async function nextStep(context: RepositoryContext, { manifest: { levels } }: StoredManifest, options: MergeIndexOptions): Promise<Step | undefined> {
  const runs: ObjectInfo[] = [];
  let entries = 0;
  let isLast = true;
  for await (const run of context.store.list(objectNames.indexRuns, options)) {
    isLast = runs.length === 0 || entries + estimateEntries(run.sizeBytes) <= maxBatchEntries;
    if (!isLast) break;
    runs.push(run);
    entries += estimateEntries(run.sizeBytes);
  }
  const picked = pickLevels(levels, entries, isLast);
  if (runs.length > 0 || picked.length > 0) return { runs, runEntries: entries, levels: picked };
  for (const level of levels) if (await isMostlyDead(context, level, options)) return { runs: [], runEntries: 0, levels: [level] };
  return undefined;
}

async function isMostlyDead(context: RepositoryContext, level: IndexLevel, options: MergeIndexOptions): Promise<boolean> {
  const { isLive } = options;
  if (isLive === undefined) return false;
  let dead = 0;
  for await (const [, page] of readPackLists(context, level, options)) if (typeof page !== "string") for (const { id } of page) if (!isLive(id)) dead++;
  return dead > level.packs * maxDeadShare;
}

async function takeStep(context: RepositoryContext, before: StoredManifest, step: Step, progress: Progress, options: MergeIndexOptions): Promise<StoredManifest | "superseded"> {
  const generation = pointTime(context.clock.now()) + context.random.bytes(4).toString("hex");
  // a generation is named before anything of it is written: what no manifest names may be removed by anybody
  const begun = await replaceIndexManifest(context, before, { building: generation, levels: before.manifest.levels }, options);
  if (begun === "superseded") return begun;
  await removeForgotten(context, begun, options);
  const losses: MergeLosses = { droppedPacks: 0, damaged: 0 };
  const level = await build(context, generation, step, losses, options);
  const replaced = new Set(step.levels.map((one) => one.generation));
  const kept = begun.manifest.levels.filter((one) => !replaced.has(one.generation));
  const committed = await replaceIndexManifest(context, begun, { building: null, levels: levelEntries(level) === 0 ? kept : [...kept, level] }, options);
  if (committed === "superseded") {
    await deleteObjects(context.store, levelObjects(level), options);
    return committed;
  }
  progress.mergedRuns += step.runs.length;
  progress.mergedLevels += step.levels.length;
  progress.droppedPacks += losses.droppedPacks;
  progress.damaged += losses.damaged;
  const unused = levelEntries(level) === 0 ? levelObjects(level) : [];
  await deleteObjects(context.store, [...step.runs.map(({ name }) => name), ...step.levels.flatMap(levelObjects), ...unused], options);
  return committed;
}

async function build(context: RepositoryContext, generation: string, { runs, runEntries, levels }: Step, losses: MergeLosses, options: MergeIndexOptions): Promise<IndexLevel> {
  const batch = new RunBatch(runEntries);
  for await (const [, run] of readInOrder(runs, ({ sizeBytes }) => sizeBytes, async (info) => await readRun(context, info, options))) {
    if (typeof run === "object") batch.add(run);
    else if (run === "damaged") losses.damaged++;
  }
  const inputs = levels.map((level) => levelInput(context, level, losses, options));
  const writer = new LevelWriter(context, generation, options);
  try {
    await mergeInputs([...inputs, batch.input()], writer, options.isLive ?? (() => true), losses);
    return await writer.finish();
  } finally {
    for (const { entries } of inputs) {
      await entries.close();
      losses.damaged += entries.damagedShards;
    }
    await writer.settle();
  }
}

/** Removes what merges that crashed or were superseded left behind. */
async function removeForgotten(context: RepositoryContext, { manifest: { levels, building } }: StoredManifest, options: SignalOptions): Promise<void> {
  const known = new Set([...levels.map(({ generation }) => generation), building]);
  const forgotten: string[] = [];
  for await (const { name } of context.store.list(objectNames.index, options)) {
    if (name >= objectNames.indexRuns) break;
    const generation = indexGenerationOf(name);
    if (generation !== undefined && !known.has(generation)) forgotten.push(name);
  }
  await deleteObjects(context.store, forgotten, options);
}
