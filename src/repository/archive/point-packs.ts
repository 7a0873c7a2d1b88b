import type { ObjectStore } from "../../ports/index.js";
import { inOrder } from "../../concurrency/in-order.js";
import { NotFoundError } from "../../errors/index.js";
import { objectNames } from "../format/object-names.js";
import type { BlockMap } from "../map/block-map.js";
import type { SignalOptions } from "../repository-context.js";

/** A data pack that a restore point reaches, and whether it can be read. JSON. */
export interface PackState {
  readonly name: string;
  readonly sizeBytes: number;
  /** `readable`: not in an archive, or thawed. */
  readonly state: "readable" | "thawing" | "archived";
  /** Until when a thawed pack can be read, ISO 8601. */
  readonly readableUntil?: string | undefined;
  readonly versionId?: string | undefined;
}

/** Packs asked for at the same time. */
const asksInFlight = 32;

/** Asks the store for every data pack that the maps reach, each once; `NotFoundError` for one that is gone. */
export async function* pointPacks(store: ObjectStore, maps: readonly BlockMap[], options: SignalOptions): AsyncGenerator<PackState> {
  yield* inOrder(reachedPacks(maps, options), asksInFlight, async ({ name, versionId }) => await packState(store, { name, versionId }, options));
}

/** How a pack is now. */
export async function packState(store: ObjectStore, { name, versionId }: Pick<PackState, "name" | "versionId">, { signal }: SignalOptions): Promise<PackState> {
  signal?.throwIfAborted();
  const found = await store.head(name, { versionId, signal });
  if (found === undefined) throw new NotFoundError(`${name} is missing, and a restore point needs it: repository.verify({ level: "presence" }) names every point that does, and repository.repair() mends what there is another copy of.`, { code: "ObjectNotFound", context: { object: name } });
  const { archive, sizeBytes } = found;
  const state = archive === undefined || archive.state === "thawed" ? "readable" : archive.state;
  return { name, sizeBytes, state, ...(archive?.until !== undefined && { readableUntil: archive.until.toISOString() }), ...(versionId !== undefined && { versionId }) };
}

async function* reachedPacks(maps: readonly BlockMap[], options: SignalOptions): AsyncGenerator<{ readonly name: string; readonly versionId: string | undefined }> {
  const seen = new Set<string>();
  for (const map of maps) {
    for (const ordinal of map.reachedOrdinals) {
      const { id, versionId } = await map.packReference(ordinal, options);
      const name = objectNames.pack(id);
      if (id.kind !== "data" || seen.has(name)) continue;
      seen.add(name);
      yield { name, versionId };
    }
  }
}
