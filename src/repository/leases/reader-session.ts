import { checkCallOptions } from "../../options/call-options.js";
import type { ReaderLease } from "../format/lease.js";
import type { RepositoryContext, SignalOptions } from "../repository-context.js";
import { Lease } from "./lease.js";

/**
 * A reader's lease: the restore points that it pins stay readable while it lives, even where they are removed meanwhile.
 * To be begun before the points' groups are read. Whoever begins one must `end` it.
 */
export class ReaderSession {
  readonly #lease: Lease<ReaderLease>;

  private constructor(lease: Lease<ReaderLease>) {
    this.#lease = lease;
  }

  static async begin(context: RepositoryContext, groupNames: readonly string[], options: SignalOptions = {}): Promise<ReaderSession> {
    const lease = await Lease.put<ReaderLease>(context, { kind: "reader", pins: [...groupNames], heartbeat: 0 }, options);
    lease.keepAlive();
    return new ReaderSession(lease);
  }

  /** Raises `ConflictError` (`LeaseLost`) where the pin is gone: what is read from then on may have been removed. */
  throwIfLost(): void {
    this.#lease.throwIfLost();
  }

  /** Asks the store whether the pin is still there, by renewing it; raises `ConflictError` (`LeaseLost`) where it is not. */
  async confirm(options: SignalOptions = {}): Promise<void> {
    const checked = checkCallOptions(options);
    this.#lease.throwIfLost();
    await this.#lease.replace((state) => ({ ...state, heartbeat: state.heartbeat + 1 }), checked);
  }

  /** Takes the pin away: what was removed meanwhile goes with the next collection. */
  async end(): Promise<void> {
    await this.#lease.end();
  }
}
