import { HoldfastError } from "../../errors/index.js";
import { openCheckpointPart, type CheckpointPart, type CheckpointSubject } from "../format/checkpoint.js";
import { checkpointPartOf, objectNames } from "../format/object-names.js";
import { isDamage } from "../store/damage.js";
import { deleteObjects } from "../store/delete-objects.js";
import type { RepositoryContext, SignalOptions } from "../repository-context.js";

/** How far an earlier run of a stream had come. */
export interface Checkpoint {
  /** The session that wrote it. */
  readonly sessionId: string;
  /** The snapshot that it was reading. */
  readonly source: string;
  /** The first block that it had not reached. */
  readonly to: number;
  /** What it had read, in order; ends early where a part is missing or damaged. */
  readonly parts: (options?: SignalOptions) => AsyncGenerator<CheckpointPart>;
}

/** The checkpoints that runs of a stream have left, as they were listed once. */
export class StreamCheckpoints {
  readonly #context: RepositoryContext;
  readonly #stream: string;
  /** By session: how many parts, if there is no gap in their numbers. */
  readonly #parts: ReadonlyMap<string, number>;
  readonly #names: readonly string[];

  private constructor(context: RepositoryContext, stream: string, parts: ReadonlyMap<string, number>, names: readonly string[]) {
    this.#context = context;
    this.#stream = stream;
    this.#parts = parts;
    this.#names = names;
  }

  static async list(context: RepositoryContext, stream: string, options: SignalOptions): Promise<StreamCheckpoints> {
    const parts = new Map<string, number>();
    const names: string[] = [];
    for await (const { name } of context.store.list(objectNames.streamCheckpoints(stream), options)) {
      const part = checkpointPartOf(name);
      if (part === undefined) continue;
      names.push(name);
      if (part.number === (parts.get(part.sessionId) ?? 0)) parts.set(part.sessionId, part.number + 1);
    }
    return new StreamCheckpoints(context, stream, parts, names);
  }

  /** Those that serve a run of this subject but for its source, whoever covers most first. */
  async serving({ method, parent, volumeSizeBytes }: CheckpointSubject, options: SignalOptions): Promise<Checkpoint[]> {
    const found: Checkpoint[] = [];
    for (const [sessionId, count] of this.#parts) {
      const last = await this.#read(sessionId, count - 1, options);
      if (last?.method !== method || last.volumeSizeBytes !== volumeSizeBytes) continue;
      if (last.parent?.sequence !== parent?.sequence || last.parent?.nonce !== parent?.nonce) continue;
      const { source, to } = last;
      found.push({ sessionId, source, to, parts: (readOptions = {}) => this.#readAll(sessionId, count, last, readOptions) });
    }
    return found.sort((a, b) => b.to - a.to);
  }

  /** Removes what was listed, and `more`: a record says it all. What cannot be removed is left to collections. */
  async remove(more: readonly string[], options: SignalOptions): Promise<void> {
    const { store, logger } = this.#context;
    try {
      await deleteObjects(store, [...this.#names, ...more], options);
    } catch (error) {
      options.signal?.throwIfAborted();
      if (!HoldfastError.isInstance(error)) throw error;
      logger.warn("a checkpoint that is needed no more could not be removed: a collection will", { stream: this.#stream, error: error.message });
    }
  }

  async *#readAll(sessionId: string, count: number, subject: CheckpointSubject, options: SignalOptions): AsyncGenerator<CheckpointPart> {
    let from = 0;
    for (let number = 0; number < count; number++) {
      const part = await this.#read(sessionId, number, options);
      if (part === undefined || part.from !== from || part.to <= from || part.source !== subject.source || part.method !== subject.method || part.parent?.nonce !== subject.parent?.nonce) return;
      yield part;
      from = part.to;
    }
  }

  async #read(sessionId: string, number: number, options: SignalOptions): Promise<CheckpointPart | undefined> {
    const { store, keys, logger } = this.#context;
    const name = objectNames.checkpointPart(this.#stream, sessionId, number);
    try {
      const { body } = await store.get(name, options);
      return openCheckpointPart(keys, name, body);
    } catch (error) {
      options.signal?.throwIfAborted();
      // gone, damaged, or kept back by the store: what it said is read again
      if (!HoldfastError.isInstance(error)) throw error;
      if (isDamage(error)) logger.warn("a checkpoint's part is gone or damaged: what it covers is read again", { object: name, error: error.message });
      else throw error;
      return undefined;
    }
  }
}
