import { HoldfastError } from "../../errors/index.js";
import type { Logger, ObjectInfo, ObjectStore } from "../../ports/index.js";
import { estimateEntries, maxIndexRunBytes, openIndexRun, type IndexRun } from "../format/index-run.js";
import { objectNames } from "../format/object-names.js";
import type { KeyRing } from "../keys/key-ring.js";

/** Runs read together, by number and by bytes: what reading the index takes in memory on top of its budget. */
const maxRunsInFlight = 16;
const maxBytesInFlight = 8 * 2 ** 20;

/** Where the stored runs lie. */
export interface IndexSource {
  readonly store: ObjectStore;
  readonly keys: KeyRing;
  readonly logger: Logger;
}

/** Who takes in the runs that are read. */
export interface RunLoad {
  isKnown(name: string): boolean;
  /** Told once, before the first run: about how many entries will come. */
  reserve(entries: number): void;
  /** `full`: this run and those after it do not fit. */
  take(name: string, run: IndexRun | "damaged" | "gone"): "taken" | "full";
}

/** Reads the stored runs that are not known yet, newest first: their names begin with their time. */
export async function loadRuns(source: IndexSource, load: RunLoad, options: { readonly signal?: AbortSignal | undefined }): Promise<void> {
  const runs: ObjectInfo[] = [];
  for await (const run of source.store.list(objectNames.indexRuns, options)) if (!load.isKnown(run.name)) runs.push(run);
  if (runs.length === 0) return;
  load.reserve(runs.reduce((sum, { sizeBytes }) => sum + estimateEntries(sizeBytes), 0));
  runs.reverse();
  for (let start = 0; start < runs.length; ) {
    const batch = nextBatch(runs, start);
    const opened = await Promise.all(batch.map(async (run) => await readRun(source, run, options)));
    for (const [position, run] of opened.entries()) {
      const info = batch[position];
      if (info === undefined || load.take(info.name, run) === "taken") continue;
      source.logger.warn("the dedup index does not fit into its memory budget: some known blocks will be stored again", { runs: runs.length, read: start + position });
      return;
    }
    start += batch.length;
  }
}

function nextBatch(runs: readonly ObjectInfo[], start: number): readonly ObjectInfo[] {
  let end = start;
  for (let bytes = 0; end < runs.length && end - start < maxRunsInFlight; end++) {
    bytes += runs[end]?.sizeBytes ?? 0;
    if (bytes > maxBytesInFlight && end > start) break;
  }
  return runs.slice(start, end);
}

async function readRun({ store, keys, logger }: IndexSource, { name, sizeBytes }: ObjectInfo, options: { readonly signal?: AbortSignal | undefined }): Promise<IndexRun | "damaged" | "gone"> {
  try {
    if (sizeBytes > maxIndexRunBytes) {
      logger.warn("a run of the dedup index is longer than any can be; it is not read", { object: name });
      return "damaged";
    }
    return openIndexRun(keys, name, (await store.get(name, options)).body);
  } catch (error) {
    if (!HoldfastError.isInstance(error)) throw error;
    if (error.code === "ObjectNotFound") return "gone";
    if (error.name !== "IntegrityError") throw error;
    logger.warn("a run of the dedup index is damaged: its blocks may be stored again", { object: name, error: error.message });
    return "damaged";
  }
}
