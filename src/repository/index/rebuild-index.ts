import * as z from "zod";
import { HoldfastError } from "../../errors/index.js";
import { checkOptions } from "../../options/check-options.js";
import { signalSchema, truth } from "../../options/schemas.js";
import type { IndexLevel } from "../format/index-level.js";
import { sealIndexRun, type IndexedPack } from "../format/index-run.js";
import { objectNames, packIdOf, type PackId } from "../format/object-names.js";
import { lookIntoPack } from "../pack/read-directory.js";
import { pointTime } from "../format/point-id.js";
import type { RepositoryContext, SignalOptions } from "../repository-context.js";
import { readIndexManifest } from "./index-manifests.js";
import { readInOrder } from "./index-source.js";
import { readRun } from "./load-index.js";
import { PackTable } from "./pack-table.js";
import { levelObjects, readPackLists } from "./read-level.js";

/** Directories read at the same time. */
const maxReadsInFlight = 32;
/** Entries after which a run is written: what a rebuild that is cut short has read by then, the next one need not. */
const entriesPerRun = 2 ** 16;

/** How the index is rebuilt. */
export interface RebuildIndexOptions extends SignalOptions {
  /** Reads every pack, also those that the index names. Default: only those that it does not. */
  readonly all?: boolean | undefined;
}

const schema = z.strictObject({ all: truth, signal: signalSchema });

/** Checks the options; raises `ConfigurationError` naming the path. */
export function checkRebuildIndexOptions(options: RebuildIndexOptions): RebuildIndexOptions {
  return checkOptions<RebuildIndexOptions>(options, { of: "a rebuild of the index", schema });
}

/** What a rebuild of the index did. */
export interface RebuildIndexReport {
  /** Data packs in the repository. */
  readonly packs: number;
  /** Those that the index named already. */
  readonly knownPacks: number;
  /** Those that were read and are in the index now. */
  readonly indexedPacks: number;
  /** Blocks in them. */
  readonly blocks: number;
  /** Those whose directory is damaged: nothing of them is in the index. `verify` says which restore points need them. */
  readonly damagedPacks: number;
  /** Runs that were written; `merge` takes them into the levels. */
  readonly runs: number;
}

/**
 * Writes index runs for the packs that the stored index does not name, from the packs' own directories. Cut short, it is
 * taken up by the next. Holds a few bytes for each pack and the entries of a run.
 */
export async function rebuildIndex(context: RepositoryContext, options: RebuildIndexOptions = {}): Promise<RebuildIndexReport> {
  const known = options.all === true ? new PackTable(Infinity, 0) : await readKnownPacks(context, options);
  const runs = new RunWriter(context, options);
  const counts = { packs: 0, knownPacks: 0, indexedPacks: 0, blocks: 0, damagedPacks: 0 };
  let unread: PackId[] = [];
  const readUnread = async (): Promise<void> => {
    const ids = unread;
    unread = [];
    for (const pack of await Promise.all(ids.map(async (id) => await readPack(context, id, options)))) {
      if (pack === "damaged") counts.damagedPacks++;
      // gone: a collection removed it meanwhile
      if (typeof pack === "string") continue;
      counts.indexedPacks++;
      counts.blocks += pack.entries.length;
      await runs.add(pack);
    }
  };
  for await (const { name } of context.store.list(objectNames.packs, options)) {
    const id = packIdOf(name);
    if (id?.kind !== "data") continue;
    counts.packs++;
    if (known.has(id)) counts.knownPacks++;
    else unread.push(id);
    if (unread.length === maxReadsInFlight) await readUnread();
  }
  await readUnread();
  await runs.flush();
  return { ...counts, runs: runs.written };
}

/** The packs of all runs and levels that are whole, as far as a listing shows. */
async function readKnownPacks(context: RepositoryContext, options: SignalOptions): Promise<PackTable> {
  const known = new PackTable(Infinity, 0);
  const runs = [];
  const stored = new Set<string>();
  for await (const object of context.store.list(objectNames.index, options)) {
    if (object.name.startsWith(objectNames.indexRuns)) runs.push(object);
    else stored.add(object.name);
  }
  const { manifest } = await readIndexManifest(context, options);
  const isWhole = (level: IndexLevel): boolean => levelObjects(level).every((name) => stored.has(name));
  for (const level of manifest.levels.filter(isWhole)) {
    for await (const [, page] of readPackLists(context, level, options)) if (typeof page !== "string") for (const { id } of page) known.add(id, 0);
  }
  for await (const [, run] of readInOrder(runs, ({ sizeBytes }) => sizeBytes, async (info) => await readRun(context, info, options))) {
    if (typeof run !== "string") for (const { id } of run.packs) known.add(id, 0);
  }
  return known;
}

async function readPack(context: RepositoryContext, id: PackId, options: SignalOptions): Promise<IndexedPack | "damaged" | "gone"> {
  const name = objectNames.pack(id);
  try {
    const directory = await lookIntoPack(context, id, options);
    if (directory === undefined) return "gone";
    // only the warm copy of an archived pack's directory knows the checksum of its pack
    const { entries, sizeBytes, versionId, sha256 = Buffer.alloc(16) } = directory;
    return { reference: { id, sizeBytes, sha256: sha256.subarray(0, 16), versionId, lockedUntilMs: 0 }, entries };
  } catch (error) {
    if (!HoldfastError.isInstance(error)) throw error;
    if (error.name !== "IntegrityError" && error.code !== "ObjectArchived") throw error;
    context.logger.warn("the directory of a pack is damaged or archived: its blocks are not taken into the dedup index", { object: name, error: error.message });
    return "damaged";
  }
}

class RunWriter {
  readonly #context: RepositoryContext;
  readonly #options: SignalOptions;
  readonly #writerId: string;
  #packs: IndexedPack[] = [];
  #entries = 0;
  #written = 0;

  constructor(context: RepositoryContext, options: SignalOptions) {
    this.#context = context;
    this.#options = options;
    this.#writerId = context.random.bytes(16).toString("hex");
  }

  get written(): number {
    return this.#written;
  }

  async add(pack: IndexedPack): Promise<void> {
    this.#packs.push(pack);
    this.#entries += pack.entries.length;
    if (this.#entries >= entriesPerRun) await this.flush();
  }

  async flush(): Promise<void> {
    if (this.#packs.length === 0) return;
    const { store, keys, clock, logger } = this.#context;
    const name = objectNames.indexRun(pointTime(clock.now()), this.#writerId, this.#written);
    await store.put(name, sealIndexRun(keys, name, this.#packs), { condition: "absent", ...this.#options });
    logger.info("the dedup index is being rebuilt", { object: name, packs: this.#packs.length, blocks: this.#entries });
    this.#packs = [];
    this.#entries = 0;
    this.#written++;
  }
}
