import type { BlockWriter, CallOptions, Compute, InstanceAccount, InstanceCompute, SnapshotWriterRequest } from "holdfast";

/** What happens at one changing call: it fails without or with its effect, or the process dies there, without or with it. */
export type Fault = "before" | "after" | "death before" | "death after";

const changing = new Set([
  ...["snapshotVolume", "createVolume", "deleteVolume", "deleteSnapshot", "launch", "start", "stop", "terminate", "attach", "detach", "setDeleteOnTermination", "setUserData", "setProtection"],
  ...["setSourceDestCheck", "registerImage", "deregisterImage", "tag", "untag", "associateAddress", "deleteInterface", "openSnapshotWriter", "complete"],
]);

/** The deed of a dead process: nothing. */
export class Death extends Error {}

/** An account of which one changing call goes wrong: the nth, counted from 1 on, or the first of a name. */
export class FaultyAccount implements InstanceAccount {
  /** The changing calls so far, by name. */
  readonly calls: string[] = [];
  readonly #account: InstanceAccount;
  readonly #at: number | string;
  readonly #fault: Fault;
  #isDead = false;
  #hasHappened = false;

  constructor(account: InstanceAccount, at: number | string, fault: Fault) {
    this.#account = account;
    this.#at = at;
    this.#fault = fault;
  }

  /** Whether it got as far as the call that goes wrong. */
  get wasMet(): boolean {
    return this.#hasHappened;
  }

  get region(): string {
    return this.#account.region;
  }

  async accountId(options?: CallOptions): Promise<string> {
    return await this.#account.accountId(options);
  }

  async hasInstanceProfile(profile: string, options?: CallOptions): Promise<boolean | undefined> {
    return await this.#account.hasInstanceProfile(profile, options);
  }

  compute(region: string): Compute {
    return this.#around(this.#account.compute(region));
  }

  instanceCompute(region: string): InstanceCompute {
    return this.#around(this.#account.instanceCompute(region));
  }

  async openSnapshotReader(...given: Parameters<InstanceAccount["openSnapshotReader"]>): ReturnType<InstanceAccount["openSnapshotReader"]> {
    return await this.#account.openSnapshotReader(...given);
  }

  async openSnapshotWriter(request: SnapshotWriterRequest, options?: CallOptions): Promise<BlockWriter<{ readonly snapshotId: string }>> {
    return this.#around(await this.#meet("openSnapshotWriter", async () => await this.#account.openSnapshotWriter(request, options)));
  }

  #around<Port extends object>(port: Port): Port {
    return new Proxy(port, {
      get: (target, name) => {
        const member: unknown = Reflect.get(target, name, target);
        if (typeof member !== "function" || typeof name !== "string") return member;
        return (...given: unknown[]): unknown => {
          const call = (): unknown => Reflect.apply(member as (...given: unknown[]) => unknown, target, given);
          if (changing.has(name)) return this.#meet(name, async () => await call());
          if (this.#isDead && name !== "readCaptured") throw new Death();
          return call();
        };
      },
    });
  }

  async #meet<Result>(name: string, call: () => Promise<Result>): Promise<Result> {
    if (this.#isDead) throw new Death();
    this.calls.push(name);
    if (this.#hasHappened || (typeof this.#at === "number" ? this.calls.length !== this.#at : name !== this.#at)) return await call();
    this.#hasHappened = true;
    if (this.#fault.startsWith("death")) this.#isDead = true;
    if (this.#fault.endsWith("after")) await call();
    throw this.#isDead ? new Death() : new Error(`${name} failed`);
  }
}
