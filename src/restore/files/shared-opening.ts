import { untilAborted } from "../../concurrency/until-aborted.js";
import type { CallOptions } from "../../ports/index.js";

interface Opening<Opened> {
  readonly opened: Promise<Opened>;
  readonly stop: AbortController;
  /** Who waits for it. */
  waiting: number;
  isSettled: boolean;
}

/** Something that the first question opens for all. It is given up when nobody who asked waits any more; after that, and after a failure, the next question tries again. */
export class SharedOpening<Opened extends { close(): Promise<void> }> {
  readonly #open: (options: CallOptions) => Promise<Opened>;
  #current: Opening<Opened> | undefined;

  constructor(open: (options: CallOptions) => Promise<Opened>) {
    this.#open = open;
  }

  /** What is open. Rejects with the signal's reason as soon as that aborts, whoever else goes on waiting. */
  async get({ signal }: CallOptions): Promise<Opened> {
    signal?.throwIfAborted();
    const current = (this.#current ??= this.#begin());
    current.waiting++;
    try {
      return await untilAborted(current.opened, signal);
    } finally {
      current.waiting--;
      if (current.waiting === 0 && !current.isSettled) await this.#giveUp(current, signal?.reason);
    }
  }

  /** Closes what is open, and gives up what is being opened. */
  async close(): Promise<void> {
    const current = this.#current;
    if (current === undefined) return;
    if (current.isSettled) await (await current.opened).close();
    else await this.#giveUp(current, new DOMException("The file system was closed while it was opened.", "AbortError"));
  }

  #begin(): Opening<Opened> {
    const stop = new AbortController();
    const current: Opening<Opened> = { opened: this.#open({ signal: stop.signal }), stop, waiting: 0, isSettled: false };
    current.opened.then(
      () => (current.isSettled = true),
      () => {
        current.isSettled = true;
        // the store may answer next time
        if (this.#current === current) this.#current = undefined;
      },
    );
    return current;
  }

  /** Waits for what is under way: one that was opened all the same is closed. */
  async #giveUp(current: Opening<Opened>, reason: unknown): Promise<void> {
    if (this.#current === current) this.#current = undefined;
    current.stop.abort(reason);
    // one that could not be opened holds nothing; whoever asked was told
    const opened = await current.opened.catch(() => undefined);
    await opened?.close();
  }
}
