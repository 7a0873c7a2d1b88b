import type { BlockData, BlockWriter, Traffic } from "../ports/index.js";
import type { HeldRestore } from "./while-leased.js";

/** A writer whose target stays when another process may go on with it. */
export class KeptWriter<Result> implements BlockWriter<Result> {
  readonly #writer: BlockWriter<Result>;
  readonly #lease: HeldRestore;

  constructor(writer: BlockWriter<Result>, lease: HeldRestore) {
    this.#writer = writer;
    this.#lease = lease;
  }

  get target(): string {
    return this.#writer.target;
  }

  get writesInFlight(): number | undefined {
    return this.#writer.writesInFlight;
  }

  get traffic(): Traffic | undefined {
    return this.#writer.traffic;
  }

  async write(block: BlockData, options?: Parameters<BlockWriter["write"]>[1]): Promise<void> {
    await this.#writer.write(block, options);
  }

  async complete(options?: Parameters<BlockWriter["complete"]>[0]): Promise<Result> {
    return await this.#writer.complete(options);
  }

  async abort(): Promise<void> {
    if (await this.#lease.isHeld()) await this.#writer.abort();
  }
}
