import { createHash } from "node:crypto";
import { sealCollectionDone, sealCollectionLists, type CollectionLists, type ListsStep } from "../format/collection-step.js";
import { maxCondemnedListEntries, sealCondemnedList, type CondemnedPack } from "../format/condemned-list.js";
import { objectNames } from "../format/object-names.js";
import type { RepositoryContext, SignalOptions } from "../repository-context.js";
import { putOnce } from "../store/put-once.js";
import { isConditionFailed } from "../store/store-answers.js";

/** Who collects: its own random name, and the names of the lists that it has used. */
export class Collection {
  /** 16 random bytes in hex. */
  readonly id: string;
  readonly #context: RepositoryContext;
  #lists = 0;

  constructor(context: RepositoryContext) {
    this.#context = context;
    this.id = context.random.bytes(16).toString("hex");
  }

  /** Stores packs as lists of collection `epoch`, one in memory at a time. */
  async putLists(epoch: number, packs: Iterable<CondemnedPack> | AsyncIterable<CondemnedPack>, options: SignalOptions): Promise<CollectionLists["lists"]> {
    const lists: CollectionLists["lists"] = [];
    let batch: CondemnedPack[] = [];
    const flush = async (): Promise<void> => {
      const name = objectNames.condemnedList(epoch, this.id, this.#lists++);
      const list = sealCondemnedList(this.#context.keys, name, batch);
      await putOnce(this.#context.store, name, [list], { sha256: createHash("sha256").update(list).digest(), signal: options.signal });
      lists.push({ name, count: batch.length });
      batch = [];
    };
    for await (const pack of packs) {
      batch.push(pack);
      if (batch.length === maxCondemnedListEntries) await flush();
    }
    if (batch.length > 0) await flush();
    return lists;
  }

  /** Decides a step, if nobody has: `false` where somebody was first. A lost reply is recognised. */
  async decide(step: ListsStep, epoch: number, lists: CollectionLists["lists"], options: SignalOptions): Promise<boolean> {
    const { keys, clock } = this.#context;
    const name = step === "epoch" ? objectNames.collectionEpoch(epoch) : objectNames.collectionFinal(epoch);
    const document: CollectionLists = { version: 1, epoch, collection: this.id, createdAt: clock.now().toISOString(), lists };
    return await this.#putAbsent(name, sealCollectionLists(keys, name, step, document), options);
  }

  /** Says that all is deleted that was decided. */
  async finish(epoch: number, packs: number, options: SignalOptions): Promise<void> {
    const { keys, clock } = this.#context;
    const name = objectNames.collectionDone(epoch);
    await this.#putAbsent(name, sealCollectionDone(keys, name, { version: 1, epoch, collection: this.id, createdAt: clock.now().toISOString(), packs }), options);
  }

  async #putAbsent(name: string, bytes: Buffer, options: SignalOptions): Promise<boolean> {
    try {
      await this.#context.store.put(name, bytes, { condition: "absent", signal: options.signal });
      return true;
    } catch (error) {
      if (!isConditionFailed(error)) throw error;
      // this very document: the reply was lost, and the decision is ours
      return (await this.#context.store.get(name, options)).body.equals(bytes);
    }
  }
}
