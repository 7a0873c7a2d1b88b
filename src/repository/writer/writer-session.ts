import { ConflictError } from "../../errors/index.js";
import { CondemnedPacks } from "../collect/condemned-packs.js";
import type { WriterLease } from "../format/lease.js";
import type { PackId } from "../format/object-names.js";
import { Lease } from "../leases/lease.js";
import type { RepositoryContext, SignalOptions } from "../repository-context.js";

const initialState: WriterLease = { kind: "writer", epoch: 0, stream: null, target: null, parent: null, group: null, heartbeat: 0 };

/** What a session will write, and from what it grows. */
export type Claim = Pick<WriterLease, "stream" | "target" | "parent" | "group">;

/** Raises where what the run relies on was condemned. */
export type CheckReliance = (condemned: CondemnedPacks, options: SignalOptions) => Promise<void>;

/**
 * One writer's lease on one stream (docs/repository-format.md, section 7), and what collections have condemned, which it looks
 * at before it says in the lease that it has. Also the source of names for the run's packs. Whoever begins one must `end` it.
 */
export class WriterSession {
  readonly #context: RepositoryContext;
  readonly #lease: Lease<WriterLease>;
  readonly #condemned: CondemnedPacks;
  #check: CheckReliance = () => Promise.resolve();
  /** What was condemned since the last check; a check that could not be made is made again. */
  readonly #unchecked: CondemnedPacks[] = [];
  #catchingUp: Promise<void> = Promise.resolve();
  #packs = 0;

  private constructor(context: RepositoryContext, lease: Lease<WriterLease>, condemned: CondemnedPacks) {
    this.#context = context;
    this.#lease = lease;
    this.#condemned = condemned;
  }

  /** Puts the lease, then reads what is condemned: in this order, so that a collection that begins meanwhile sees the lease. */
  static async begin(context: RepositoryContext, options: SignalOptions = {}): Promise<WriterSession> {
    const lease = await Lease.put(context, initialState, options);
    try {
      const condemned = new CondemnedPacks();
      await condemned.refresh(context, options);
      const session = new WriterSession(context, lease, condemned);
      lease.keepAlive(async (heartbeat) => await session.catchUp(heartbeat));
      return session;
    } catch (error) {
      await lease.end();
      throw error;
    }
  }

  get id(): string {
    return this.#lease.id;
  }

  /** The newest collection that the lease says it knows. */
  get epoch(): number {
    return this.#lease.state.epoch;
  }

  get condemned(): CondemnedPacks {
    return this.#condemned;
  }

  nextPackId(kind: PackId["kind"]): PackId {
    return { kind, sessionId: this.id, number: this.#packs++ };
  }

  /** Says what this session will write: after the head was read, before anything relies on it. */
  async claim(claim: Claim, options: SignalOptions = {}): Promise<void> {
    await this.#lease.replace((state) => ({ ...state, ...claim, epoch: this.#condemned.epoch }), options);
  }

  /** Has `check` asked whenever a collection condemned packs, before the lease says so. */
  relyOn(check: CheckReliance): void {
    this.#check = check;
  }

  /** Nothing depends on the check any more: what the run relies on is in its record, which every collection reads. */
  rest(): void {
    this.#check = () => Promise.resolve();
  }

  /**
   * Looks for newer collections until there is none; each is checked against what the run relies on, and only then told in
   * the lease. What was condemned ends the run.
   */
  async catchUp(options: SignalOptions = {}): Promise<void> {
    const turn = this.#catchingUp.then(async () => {
      for (;;) {
        const news = await this.#condemned.refresh(this.#context, options);
        if (news?.isDecided === true) throw this.#lose();
        if (news !== undefined) this.#unchecked.push(news);
        for (let next = this.#unchecked[0]; next !== undefined; next = this.#unchecked[0]) {
          await this.#check(next, options);
          this.#unchecked.shift();
        }
        if (this.#lease.state.epoch === this.#condemned.epoch) return;
        await this.#lease.replace((state) => ({ ...state, epoch: this.#condemned.epoch }), options);
      }
    });
    this.#catchingUp = turn.catch(() => undefined);
    await turn;
  }

  /** Ends the run with an error that whatever it does next raises. */
  lose(error: ConflictError): void {
    this.#lease.lose(error);
  }

  /** A collection decides only when every session has looked: this one's lease was not there when it did, whatever has brought it back. */
  #lose(): ConflictError {
    const error = new ConflictError("A collection took this run for dead. Nothing was committed. Run it again: what it stored is not lost.", { code: "LeaseLost", retryable: true, context: { session: this.id } });
    this.lose(error);
    return error;
  }

  /** Stops the timer and leaves the lease: who does not know whether its record was written must be fenced by a collection. */
  async abandon(): Promise<void> {
    await this.#lease.abandon();
  }

  /** Raises `ConflictError` (`LeaseLost`) where somebody ended the session, or its lease was not renewed for too long. */
  throwIfLost(): void {
    this.#lease.throwIfLost();
  }

  /** Stops the timer and removes the lease. */
  async end(): Promise<void> {
    await this.#lease.end();
  }
}
