import type { InstanceCompute, Logger, Tags } from "../ports/index.js";
import { asError } from "../session/index.js";
import { sessionTag } from "../workers/tags/restore-tags.js";

/** On a snapshot that is being written: every block below this index is in it. */
const writtenTag = "holdfast:written-below";

/** What is marked. */
export interface MarkedSnapshot {
  readonly snapshotId: string;
  /** Its tag `holdfast:session`. */
  readonly session: string;
  readonly instances: Pick<InstanceCompute, "tag">;
}

/** How far a snapshot is written that somebody left, by its tags; `undefined` where nobody knows. */
export function writtenBelow(tags: Tags): number | undefined {
  const text = tags[writtenTag];
  return text !== undefined && /^\d{1,9}$/.test(text) ? Number(text) : undefined;
}

/**
 * Keeps on a snapshot how far it is written, for whoever goes on with it. What counts is what EBS has taken and proven: at the end it compares the number of blocks, so that a mark that says
 * too much fails the restore and hides nothing. The mark is a help: a role that may not set it restores all the same, and begins again after a crash.
 */
export class WrittenMark {
  readonly #snapshot: MarkedSnapshot;
  readonly #run: { readonly logger: Logger; readonly signal?: AbortSignal | undefined };
  #index = 0;
  #setting: Promise<void> | undefined;
  #hasFailed = false;

  constructor(snapshot: MarkedSnapshot, run: { readonly logger: Logger; readonly signal?: AbortSignal | undefined }) {
    this.#snapshot = snapshot;
    this.#run = run;
  }

  /** Sets the mark before anything is moved, and raises where that is refused. */
  async begin(index: number): Promise<void> {
    this.#index = index;
    await this.#set(index);
  }

  /** Notes how far the snapshot is written. One call to the provider is under way at a time; what comes meanwhile goes with the next. */
  note(index: number): void {
    if (index <= this.#index || this.#hasFailed) return;
    this.#index = index;
    this.#setting ??= this.#follow();
  }

  /** Resolves when nothing is under way any more. */
  async settle(): Promise<void> {
    await this.#setting;
  }

  async #follow(): Promise<void> {
    try {
      for (let set = -1; set < this.#index; ) {
        set = this.#index;
        await this.#set(set);
      }
    } catch (error) {
      this.#hasFailed = true;
      this.#run.logger.warn("how far a snapshot is written could not be marked on it: after a crash it would be begun again", { error: asError(error).message });
    } finally {
      this.#setting = undefined;
    }
  }

  async #set(index: number): Promise<void> {
    const { instances, snapshotId, session } = this.#snapshot;
    await instances.tag([snapshotId], { [writtenTag]: String(index), [sessionTag]: session }, { signal: this.#run.signal });
  }
}
