import { untilAborted } from "../../concurrency/until-aborted.js";
import type { CallOptions } from "../../ports/index.js";
import type { ByteSource, Extent } from "./byte-source.js";

/** A source whose reads also end with a signal, until it is released, at once, though what is shared with others is read to its end: whoever opens something over it need not hand the signal on. */
export class SignalledSource implements ByteSource {
  readonly sizeBytes: number;
  readonly #source: ByteSource;
  #signal: AbortSignal | undefined;

  constructor(source: ByteSource, signal: AbortSignal) {
    this.sizeBytes = source.sizeBytes;
    this.#source = source;
    this.#signal = signal;
  }

  async read(offset: number, length: number, options: CallOptions = {}): Promise<Buffer> {
    const call = this.#within(options);
    return await untilAborted(this.#source.read(offset, length, call), this.#signal);
  }

  async extents(offset: number, length: number, options: CallOptions = {}): Promise<Extent[]> {
    const call = this.#within(options);
    return await untilAborted(this.#source.extents(offset, length, call), this.#signal);
  }

  /** It is open: from here on only the signals count that reads bring along. */
  release(): void {
    this.#signal = undefined;
  }

  #within({ signal }: CallOptions): CallOptions {
    const own = this.#signal;
    if (own === undefined) return { signal };
    own.throwIfAborted();
    return { signal: signal === undefined || signal === own ? own : AbortSignal.any([own, signal]) };
  }
}
