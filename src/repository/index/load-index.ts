import type { ObjectInfo } from "../../ports/index.js";
import type { PackReference } from "../format/dictionary-page.js";
import { levelEntries, sampledEntries, shardEntryBytes, type IndexLevel } from "../format/index-level.js";
import { estimateEntries, maxIndexRunBytes, openIndexRun, type IndexRun } from "../format/index-run.js";
import { objectNames, type PackId } from "../format/object-names.js";
import type { SignalOptions } from "../signal-options.js";
import { readIndexManifest } from "./index-manifests.js";
import { openIndexObject, readInOrder, type IndexSource, type Opened } from "./index-source.js";
import { versionCheckOf } from "./pack-table.js";
import { readPackDetails, readPackLists, readShards } from "./read-level.js";

/** Maintenance may merge what is being read: then it is looked for again, where it went. */
const maxAttempts = 3;

/** Who takes in what is read of the stored index. What comes later stands. */
export interface IndexIntake {
  /** Whether a run, or a level's generation, was taken in before. */
  isKnown(name: string): boolean;
  /** Told the names of all that is stored: others need not be remembered. */
  retain(names: ReadonlySet<string>): void;
  /** Told before anything comes: about how many entries there will be. */
  reserve(entries: number): void;
  /** Only blocks of a sample of one in 2^sampling are wanted. */
  readonly sampling: number;
  hasRoomForDetails(packs: number): boolean;
  /** Gives a pack a number; nothing where there is no room. */
  addPack(id: PackId, versionCheck: number, reference?: PackReference): number | undefined;
  set(high: number, low: number, pack: number): void;
  /** A run or level was read, or is damaged in part or whole. */
  finish(name: string, outcome: { readonly isRun: boolean; readonly isDamaged: boolean }): void;
}

/** Reads what is stored and not known yet: levels that maintenance merged, then runs, the oldest first. */
export async function loadIndex(source: IndexSource, intake: IndexIntake, options: SignalOptions): Promise<void> {
  const vanished = new Set<string>();
  for (let attempt = 0; attempt < maxAttempts; attempt++) if (await loadOnce(source, intake, vanished, options)) return;
  source.logger.warn("the dedup index changed again and again while it was read: some known blocks may be stored again");
}

/** Says whether nothing vanished meanwhile; `vanished` are the levels of which parts were gone the last time. */
async function loadOnce(source: IndexSource, intake: IndexIntake, vanished: Set<string>, options: SignalOptions): Promise<boolean> {
  // runs before the manifest: what is merged in between is in one of them
  const runs: ObjectInfo[] = [];
  const names = new Set<string>();
  for await (const run of source.store.list(objectNames.indexRuns, options)) {
    if (intake.isKnown(run.name)) names.add(run.name);
    else runs.push(run);
  }
  const { levels } = (await readIndexManifest(source, options)).manifest;
  for (const { generation } of levels) names.add(generation);
  intake.retain(names);
  const newLevels = levels.filter(({ generation }) => !intake.isKnown(generation));
  intake.reserve(newLevels.reduce((sum, level) => sum + levelEntries(level), 0) + runs.reduce((sum, { sizeBytes }) => sum + estimateEntries(sizeBytes), 0));
  let isWhole = true;
  for (const level of newLevels) {
    const outcome = await loadLevel(source, level, intake, options);
    // gone once: merged away, so that the next manifest says where to; gone twice from one level: lost
    const isMerged = outcome === "gone" && !vanished.has(level.generation);
    if (isMerged) vanished.add(level.generation);
    if (isMerged) isWhole = false;
    else intake.finish(level.generation, { isRun: false, isDamaged: outcome !== "whole" });
  }
  for await (const [{ name }, run] of readInOrder(runs, ({ sizeBytes }) => sizeBytes, async (info) => await readRun(source, info, options))) {
    if (run === "gone") isWhole = false;
    else intake.finish(name, { isRun: true, isDamaged: run === "damaged" });
    if (typeof run === "object") takeRun(run, intake);
  }
  return isWhole;
}

/** Reads a run; one that is longer than any can be is not read. */
export async function readRun(source: IndexSource, { name, sizeBytes }: ObjectInfo, options: SignalOptions): Promise<Opened<IndexRun>> {
  if (sizeBytes > maxIndexRunBytes) {
    source.logger.warn("a run of the dedup index is longer than any can be; it is not read", { object: name });
    return "damaged";
  }
  return await openIndexObject(source, name, (body) => openIndexRun(source.keys, name, body), options);
}

function takeRun(run: IndexRun, intake: IndexIntake): void {
  const numbers = run.packs.map((reference) => intake.addPack(reference.id, versionCheckOf(reference.versionId), reference));
  run.forEach((high, low, position) => {
    const pack = numbers[position];
    if (pack !== undefined) intake.set(high, low, pack);
  });
}

/** Reads a level's packs, and the sampled entries alone: they lie first. */
async function loadLevel(source: IndexSource, level: IndexLevel, intake: IndexIntake, options: SignalOptions): Promise<"whole" | "damaged" | "gone"> {
  /** Position in the level -> number and 1; 0 where it is not known. */
  const numbers = new Uint32Array(level.packs);
  const outcomes = new Set<unknown>();
  const note = (position: number, number: number | undefined): void => {
    numbers[position] = number === undefined ? 0 : number + 1;
  };
  if (intake.hasRoomForDetails(level.packs)) {
    for await (const [{ before }, page] of readPackDetails(source, level, options)) {
      if (typeof page === "string") outcomes.add(page);
      else page.forEach((pack, position) => { note(before + position, intake.addPack(pack.id, versionCheckOf(pack.versionId), pack)); });
    }
  } else {
    for await (const [{ before }, page] of readPackLists(source, level, options)) {
      if (typeof page === "string") outcomes.add(page);
      else page.forEach(({ id, versionCheck }, position) => { note(before + position, intake.addPack(id, versionCheck)); });
    }
  }
  for await (const [, shard] of readShards(source, level, sampledEntries(level, intake.sampling), options)) {
    if (typeof shard === "string") outcomes.add(shard);
    else takeShard(shard, numbers, intake);
  }
  if (outcomes.has("gone")) return "gone";
  return outcomes.has("damaged") ? "damaged" : "whole";
}

function takeShard(shard: Buffer, numbers: Uint32Array, intake: IndexIntake): void {
  for (let at = 0; at < shard.length; at += shardEntryBytes) {
    const number = numbers[shard.readUInt32BE(at + 8)] ?? 0;
    if (number !== 0) intake.set(shard.readUInt32BE(at), shard.readUInt32BE(at + 4), number - 1);
  }
}
