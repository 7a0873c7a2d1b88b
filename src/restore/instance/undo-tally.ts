import { HoldfastError } from "../../errors/index.js";
import type { CallOptions } from "../../ports/index.js";
import { asError } from "../../session/index.js";

/** What an undo has removed, and what it could not do: one deed that fails does not keep the others from being done. */
export class UndoTally {
  readonly removed: string[] = [];
  readonly left: { what: string; message: string }[] = [];
  readonly #call: CallOptions;

  constructor(call: CallOptions) {
    this.#call = call;
  }

  /** Does something about `what`; a failure is noted, an abort is raised. */
  async attempt(what: string, deed: () => Promise<void>): Promise<void> {
    try {
      await deed();
    } catch (error) {
      this.#call.signal?.throwIfAborted();
      this.left.push({ what, message: asError(error).message });
    }
  }

  /** The same of a removal: what is gone already needs none. */
  async remove(what: string, deed: () => Promise<void>): Promise<void> {
    await this.attempt(what, async () => {
      try {
        await deed();
        this.removed.push(what);
      } catch (error) {
        if (!(HoldfastError.isInstance(error) && error.name === "NotFoundError")) throw error;
      }
    });
  }
}
