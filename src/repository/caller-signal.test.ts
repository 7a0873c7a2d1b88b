import { getEventListeners } from "node:events";
import { setImmediate } from "node:timers/promises";
import { expect, it } from "vitest";
import { backUp, key, textBlock } from "../../test/support/backup-world.js";
import { MemoryObjectStore } from "../../test/support/memory-object-store.js";
import { MemoryVolume } from "../../test/support/memory-volume.js";
import { ObjectStoreDecorator } from "../adapters/decorators/object-store-decorator.js";
import type { ListedEntry, OpenListing, StoreCall } from "../adapters/decorators/store-operation.js";
import { Repository } from "./repository.js";

const blocksPerPack = 16;
const packs = 12;

/** Listens to each call's signal while the call is under way, as a store over a network does. */
class ListeningObjectStore extends ObjectStoreDecorator {
  most = 0;

  protected async around<T>({ signal }: StoreCall, work: () => Promise<T>): Promise<T> {
    const giveUp = (): void => undefined;
    signal?.addEventListener("abort", giveUp, { once: true });
    if (signal !== undefined) this.most = Math.max(this.most, getEventListeners(signal, "abort").length);
    await setImmediate();
    try {
      return await work();
    } finally {
      signal?.removeEventListener("abort", giveUp);
    }
  }

  protected async *aroundListing<T extends ListedEntry>(_call: StoreCall, open: OpenListing<T>): AsyncGenerator<T> {
    yield* open();
  }
}

it("what asks for much at the same time leaves the caller's signal alone, so that Node warns of no leak, and still ends with it", async () => {
  const memory = new MemoryObjectStore();
  const store = new ListeningObjectStore(memory);
  const repository = await Repository.create({ storage: { location: "memory", openStore: () => Promise.resolve(store) }, encryption: { key }, packs: { targetBytes: 8 * 2 ** 20, maxBlocks: blocksPerPack } });
  const volume = new MemoryVolume(2 ** 30);
  for (let index = 0; index < packs * blocksPerPack; index++) volume.blocks.set(index, textBlock(`block ${String(index)} `));
  volume.freeze("snap-1");
  const { point } = await backUp(repository, volume, "snap-1");
  const warnings: string[] = [];
  const hear = ({ name }: Error): unknown => warnings.push(name);
  process.on("warning", hear);
  try {
    const { signal } = new AbortController();
    store.most = 0;
    await repository.verify({ level: "data", signal });
    await repository.remove(point, { evenNewest: true });
    expect((await repository.collectGarbage({ graceHours: 0, signal })).freed.packs).toBeGreaterThanOrEqual(packs);
    // that it did ask for much at once
    expect(store.most).toBeGreaterThan(10);
    await repository.compact({ signal });
    await setImmediate();
    expect(warnings).toEqual([]);
    expect(getEventListeners(signal, "abort")).toEqual([]);
  } finally {
    process.off("warning", hear);
  }
  const aborted = new AbortController();
  const reason = new Error("enough");
  aborted.abort(reason);
  for (const call of ["collectGarbage", "compact", "sweep", "repair"] as const) await expect(repository[call]({ signal: aborted.signal })).rejects.toBe(reason);
});
