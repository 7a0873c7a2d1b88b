import { HoldfastError } from "../../errors/index.js";
import { sealIndexRun, type IndexedPack } from "../format/index-run.js";
import { objectNames } from "../format/object-names.js";
import { pointTime } from "../format/point-id.js";
import type { RepositoryContext, SignalOptions } from "../repository-context.js";

/** Entries after which a run is written though more will come (8 GiB of blocks): what a run that is cut short has stored by then, the next one finds. */
const entriesPerRun = 16 * 1024;

/** Collects the packs that a session stores and writes them as runs of the dedup index. */
export class IndexRunWriter {
  readonly #context: RepositoryContext;
  readonly #sessionId: string;
  readonly #onWritten: () => void;
  #packs: IndexedPack[] = [];
  #entries = 0;
  #number = 0;
  #isComplete = true;

  constructor(context: RepositoryContext, sessionId: string, onWritten: () => void) {
    this.#context = context;
    this.#sessionId = sessionId;
    this.#onWritten = onWritten;
  }

  /** Whether the index was told of all packs so far that it was to be told of. */
  get isComplete(): boolean {
    return this.#isComplete;
  }

  /** Adds a stored pack; writes a run when there is enough for one. */
  async add(pack: IndexedPack, options: SignalOptions = {}): Promise<void> {
    this.#packs.push(pack);
    this.#entries += pack.entries.length;
    if (this.#entries >= entriesPerRun) await this.flush(options);
  }

  /** Writes what is left. The index is a cache: a run that cannot be written costs space later, and no backup fails for it. */
  async flush(options: SignalOptions = {}): Promise<void> {
    const packs = this.#packs;
    if (packs.length === 0) return;
    this.#packs = [];
    this.#entries = 0;
    const { store, keys, clock, index, logger } = this.#context;
    const name = objectNames.indexRun(pointTime(clock.now()), this.#sessionId, this.#number++);
    try {
      await store.put(name, sealIndexRun(keys, name, packs), { condition: "absent", ...options });
      index.noteRun(name);
      this.#onWritten();
    } catch (error) {
      this.#isComplete = false;
      options.signal?.throwIfAborted();
      if (!HoldfastError.isInstance(error)) throw error;
      logger.warn("a run of the dedup index could not be written: its blocks may be stored again", { object: name, error: error.message });
    }
  }
}
