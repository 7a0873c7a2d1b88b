import { SPOT_NOTICE_MS } from "./instance-host.js";
import type { InstanceHost } from "./instance-host.js";

/**
 * The instances that run on this machine, and what can happen to them.
 *
 * Each method raises a `RangeError` for an instance that does not run, and a `TypeError` where the cloud only records its instances.
 */
export class LocalInstances {
  readonly #host: InstanceHost | undefined;

  constructor(host: InstanceHost | undefined) {
    this.#host = host;
  }

  /** The ids of instances of which a process runs: their user data, or what that left behind. */
  async alive(): Promise<string[]> {
    return (await this.#host?.alive()) ?? [];
  }

  /** What an instance's user data has written so far, the last 64 KiB of it. */
  async console(instanceId: string): Promise<string> {
    const output = await this.#requireHost().consoleOutput(instanceId);
    return output?.bytes.toString("utf8") ?? "";
  }

  /** Gives a Spot Instance the notice of its interruption (two minutes by default, by the cloud's clock), and terminates it then. */
  interrupt(instanceId: string, { noticeMs = SPOT_NOTICE_MS }: { readonly noticeMs?: number } = {}): void {
    this.#requireHost().interrupt(instanceId, noticeMs);
  }

  /** Ends an instance at once, as when its host fails: stopped, or terminated where that is what it does on a shutdown. */
  async kill(instanceId: string): Promise<void> {
    await this.#requireHost().kill(instanceId);
  }

  /** Stops every process of an instance where it stands. It shows as running, and is silent. */
  async freeze(instanceId: string): Promise<void> {
    await this.#requireHost().freeze(instanceId, true);
  }

  /** Lets a frozen instance go on, as one that everybody had given up. */
  async unfreeze(instanceId: string): Promise<void> {
    await this.#requireHost().freeze(instanceId, false);
  }

  #requireHost(): InstanceHost {
    if (this.#host === undefined) throw new TypeError('This cloud only records its instances: start it with instances: "run".');
    return this.#host;
  }
}
