import { HoldfastError } from "../../errors/index.js";
import { maxCheckpointEntries, sealCheckpointPart, type CheckpointContent, type CheckpointEntry, type CheckpointSubject } from "../format/checkpoint.js";
import { objectNames } from "../format/object-names.js";
import type { RepositoryContext, SignalOptions } from "../repository-context.js";

/** A part is not written for fewer blocks: a leaf's worth. */
const minEntries = 256;
/** Written without waiting for a pack: a run that finds all its blocks stores none. */
const entriesWithoutPack = 4_096;

/**
 * Writes down what a run has read, as it goes, so that another can go on there (docs/repository-format.md, section 17). It is a
 * cache: parts are written beside the run, which never waits for one before its end, and one that cannot be written ends the checkpoint alone.
 */
export class CheckpointWriter {
  readonly #context: RepositoryContext;
  readonly #stream: string;
  readonly #sessionId: string;
  readonly #subject: CheckpointSubject;
  readonly #onWritten: () => void;
  readonly #names: string[] = [];
  #entries: CheckpointEntry[] = [];
  #from = 0;
  #writing: Promise<void> | undefined;
  #hasFailed = false;

  constructor(context: RepositoryContext, run: { readonly stream: string; readonly sessionId: string; readonly onWritten: () => void }, subject: CheckpointSubject) {
    this.#context = context;
    this.#stream = run.stream;
    this.#sessionId = run.sessionId;
    this.#onWritten = run.onWritten;
    this.#subject = subject;
  }

  /** Whether another run can go on from here. */
  get isWritten(): boolean {
    return this.#names.length > 0;
  }

  get names(): readonly string[] {
    return this.#names;
  }

  /** A block was taken in: ascending by index. */
  note(index: number, content: CheckpointContent, options: SignalOptions): void {
    if (this.#hasFailed) return;
    this.#entries.push({ index, content });
    if (this.#entries.length >= entriesWithoutPack) this.#begin(options);
  }

  /** A pack is stored: what was read until now is worth writing down. */
  packStored(options: SignalOptions): void {
    this.#begin(options);
  }

  /** Writes what is left, where there is enough of it, or however little where another run goes on at once; never fails. */
  async flush({ isAll, ...options }: SignalOptions & { readonly isAll?: boolean | undefined } = {}): Promise<void> {
    await this.#writing;
    this.#begin(options, isAll === true ? 1 : minEntries);
    await this.#writing;
  }

  /** Nothing is written from now on; resolves when nothing is on its way. */
  async stop(): Promise<void> {
    this.#hasFailed = true;
    this.#entries = [];
    await this.#writing;
  }

  #begin(options: SignalOptions, atLeast = minEntries): void {
    if (this.#writing !== undefined || this.#hasFailed || this.#entries.length < atLeast) return;
    const entries = this.#entries.splice(0, maxCheckpointEntries);
    this.#writing = this.#write(entries, options).finally(() => {
      this.#writing = undefined;
    });
  }

  async #write(entries: readonly CheckpointEntry[], options: SignalOptions): Promise<void> {
    const { store, keys, logger } = this.#context;
    const name = objectNames.checkpointPart(this.#stream, this.#sessionId, this.#names.length);
    const to = (entries.at(-1)?.index ?? this.#from) + 1;
    try {
      await store.put(name, sealCheckpointPart(keys, name, { ...this.#subject, from: this.#from, to, entries }), { condition: "absent", ...options });
      this.#names.push(name);
      this.#from = to;
      this.#onWritten();
    } catch (error) {
      if (options.signal?.aborted === true) {
        // the run ends: what is left is written then
        this.#entries = [...entries, ...this.#entries];
        return;
      }
      this.#hasFailed = true;
      this.#entries = [];
      logger.warn("a checkpoint could not be written: a run that goes on after this one was cut short reads more again", { object: name, error: HoldfastError.isInstance(error) ? error.message : String(error) });
    }
  }
}
