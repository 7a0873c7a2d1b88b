import { zeroBlockSha256, type BlockData } from "../../ports/index.js";
import type { CheckpointContent, CheckpointSubject } from "../format/checkpoint.js";
import type { RecordStructure } from "../format/record.js";
import type { RepositoryContext, SignalOptions } from "../repository-context.js";
import { CheckpointWriter } from "./checkpoint-writer.js";
import { StreamCheckpoints, type Checkpoint } from "./checkpoints.js";

interface WritingRun {
  readonly stream: string;
  readonly sessionId: string;
  /** The record that an increment would grow from. */
  readonly base: Pick<RecordStructure, "sequence" | "nonce"> | undefined;
  readonly onWritten: () => void;
}

/** What runs that were cut short have left for one writer, and what that writer leaves should it be cut short itself. */
export class RunCheckpoints {
  readonly #context: RepositoryContext;
  readonly #run: WritingRun;
  readonly #options: SignalOptions;
  #earlier: StreamCheckpoints | undefined;
  #own: CheckpointWriter | undefined;
  #source: string | undefined;

  constructor(context: RepositoryContext, run: WritingRun, options: SignalOptions) {
    this.#context = context;
    this.#run = run;
    this.#options = options;
  }

  /** What earlier runs of this stream had read of the same volume by the same method: whoever came furthest first. */
  async earlier(run: Omit<CheckpointSubject, "source" | "parent">): Promise<readonly Checkpoint[]> {
    this.#earlier ??= await StreamCheckpoints.list(this.#context, this.#run.stream, this.#options);
    return await this.#earlier.serving(this.#subject({ ...run, source: "" }), this.#options);
  }

  /** From here on what is read is written down. */
  begin(run: Omit<CheckpointSubject, "parent">): void {
    this.#source = run.source;
    this.#own = new CheckpointWriter(this.#context, this.#run, this.#subject(run));
  }

  /** The source that another run can go on with: there is a checkpoint of it, and no record yet. */
  get resumableSource(): string | undefined {
    return this.#own?.isWritten === true ? this.#source : undefined;
  }

  /** A block was taken in: ascending by index. */
  note(index: number, content: CheckpointContent): void {
    this.#own?.note(index, content, this.#options);
  }

  /** Whether a block is the one that a checkpoint names. */
  isContent(block: BlockData, content: CheckpointContent): boolean {
    if (typeof content === "string") return block.sha256.equals(zeroBlockSha256);
    return this.#context.keys.blockId(block.sha256).equals(content);
  }

  packStored(): void {
    this.#own?.packStored(this.#options);
  }

  /** A run ends without a record: what is left is written, however little with `isAll`. */
  async flush(options: { readonly isAll?: boolean | undefined } = {}): Promise<void> {
    await this.#own?.flush(options);
  }

  /** The record says it all: the own checkpoint goes, and those that were found. */
  async remove(): Promise<void> {
    const own = this.#own;
    this.#own = undefined;
    await own?.stop();
    await this.#earlier?.remove(own?.names ?? [], this.#options);
  }

  #subject(run: Omit<CheckpointSubject, "parent">): CheckpointSubject {
    const { base } = this.#run;
    return { ...run, parent: run.method === "full" || base === undefined ? null : { sequence: base.sequence, nonce: base.nonce } };
  }
}
