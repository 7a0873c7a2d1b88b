import { ConflictError, HoldfastError } from "../../errors/index.js";
import { objectNames, type PackId } from "../format/object-names.js";
import { seal, unseal } from "../keys/sealed-box.js";
import type { RepositoryContext, SignalOptions } from "../repository-context.js";

/** A lease is renewed this often; collection waits for a session that is late, or fences it. */
const heartbeatMs = 3 * 60_000;
/** A renewal that failed is tried again after this long. */
const retryMs = 30_000;
/** A run that could not renew its lease for this long stops by itself. */
const maxSilenceMs = 10 * 60_000;

/** What the lease says: the collection epoch seen, the record that will be written, and how often it was renewed. */
interface SessionState {
  readonly epoch: number;
  readonly stream: string | null;
  readonly target: number | null;
  readonly heartbeat: number;
}

const initialState: SessionState = { epoch: 0, stream: null, target: null, heartbeat: 0 };

/**
 * One writer's lease on one stream (docs/repository-format.md, section 7): put before anything is read, renewed by
 * compare-and-swap on a timer of its own whatever the run waits for, removed at the end. Also the source of names for the
 * run's packs. Whoever begins one must `end` it.
 */
export class WriterSession {
  readonly id: string;
  readonly #context: RepositoryContext;
  readonly #name: string;
  readonly #ending = new AbortController();
  #state = initialState;
  /** The lease as last sent, where the answer is not known. */
  #unanswered: string | undefined;
  #etag: string;
  #lastHeartbeatMs: number;
  #loss: ConflictError | undefined;
  #turn: Promise<void> = Promise.resolve();
  #timer: Promise<void> = Promise.resolve();
  #packs = 0;

  private constructor(context: RepositoryContext, id: string, lease: { readonly etag: string; readonly sentMs: number }) {
    this.#context = context;
    this.id = id;
    this.#name = objectNames.session(id);
    this.#etag = lease.etag;
    this.#lastHeartbeatMs = lease.sentMs;
  }

  /** Puts the lease, then looks whether the repository may be written: in this order, so that a collection that begins meanwhile sees the lease. */
  static async begin(context: RepositoryContext, options: SignalOptions = {}): Promise<WriterSession> {
    const id = context.random.bytes(16).toString("hex");
    const name = objectNames.session(id);
    const sentMs = context.clock.monotonicMs();
    const { etag } = await context.store.put(name, encode(context, name, initialState), { condition: "absent", signal: options.signal });
    const session = new WriterSession(context, id, { etag, sentMs });
    try {
      await refuseCollectedRepository(context, options);
    } catch (error) {
      await session.end();
      throw error;
    }
    session.#timer = session.#keepAlive();
    return session;
  }

  get epoch(): number {
    return this.#state.epoch;
  }

  nextPackId(kind: PackId["kind"]): PackId {
    return { kind, sessionId: this.id, number: this.#packs++ };
  }

  /** Says which record this session will write: after the head was read, before anything relies on it. */
  async claim(stream: string, target: number, options: SignalOptions = {}): Promise<void> {
    await this.#replace((state) => ({ ...state, stream, target }), options);
  }

  /** Raises `ConflictError` (`LeaseLost`) where somebody ended the session, or its lease was not renewed for too long. */
  throwIfLost(): void {
    if (this.#loss !== undefined) throw this.#loss;
    if (this.#context.clock.monotonicMs() - this.#lastHeartbeatMs <= maxSilenceMs) return;
    this.#loss = this.#leaseLost("This run could not renew its lease on the repository for over 10 minutes and stopped.");
    throw this.#loss;
  }

  /** Stops the timer and removes the lease. A session that is gone already was ended by somebody else: there is nothing left to do. */
  async end(): Promise<void> {
    this.#ending.abort();
    await this.#timer;
    await this.#turn;
    await this.#context.store.delete(this.#name);
  }

  /** Renews the lease until the session ends or is lost. Never rejects: a loss is raised by whatever the run does next. */
  async #keepAlive(): Promise<void> {
    const { clock, logger } = this.#context;
    const { signal } = this.#ending;
    for (let waitMs = heartbeatMs; this.#loss === undefined; ) {
      try {
        await clock.sleep(waitMs, signal);
        this.throwIfLost();
        await this.#replace((state) => ({ ...state, heartbeat: state.heartbeat + 1 }), { signal });
        waitMs = heartbeatMs;
      } catch (error) {
        if (signal.aborted) return;
        waitMs = retryMs;
        logger.warn("a writer's lease could not be renewed", { session: this.id, error: error instanceof Error ? error.message : String(error) });
      }
    }
  }

  /** Replaces the lease, one replacement at a time. */
  async #replace(next: (state: SessionState) => SessionState, options: SignalOptions): Promise<void> {
    const turn = this.#turn.then(async () => await this.#swap(next(this.#state), options));
    this.#turn = turn.catch(() => undefined);
    await turn;
  }

  async #swap(state: SessionState, options: SignalOptions): Promise<void> {
    const { store, clock } = this.#context;
    const sentMs = clock.monotonicMs();
    const unanswered = this.#unanswered;
    const text = JSON.stringify(state);
    this.#unanswered = text;
    for (;;) {
      try {
        const { etag } = await store.put(this.#name, encode(this.#context, this.#name, state), { condition: { etag: this.#etag }, signal: options.signal });
        this.#etag = etag;
        break;
      } catch (cause) {
        if (!isConflict(cause)) throw cause;
        const found = await this.#read(options);
        if (found?.text === text) {
          // the reply was lost: the lease is what it should be
          this.#etag = found.etag;
          break;
        }
        if (found === undefined || found.text !== unanswered || found.etag === this.#etag) {
          this.#loss = this.#leaseLost("Another process ended this run's session in the repository.", cause);
          throw this.#loss;
        }
        this.#etag = found.etag;
      }
    }
    this.#unanswered = undefined;
    this.#state = state;
    this.#lastHeartbeatMs = sentMs;
  }

  /** The lease as it is stored, or nothing where it is gone. */
  async #read(options: SignalOptions): Promise<{ readonly text: string; readonly etag: string } | undefined> {
    const { store, keys } = this.#context;
    try {
      const { body, etag } = await store.get(this.#name, options);
      const sealing = { key: keys.structure, repositoryId: keys.repositoryId, name: this.#name, label: "session" };
      return { text: unseal(sealing, body).toString("utf8"), etag };
    } catch (error) {
      if (!(HoldfastError.isInstance(error) && (error.code === "ObjectNotFound" || error.name === "IntegrityError"))) throw error;
      return undefined;
    }
  }

  #leaseLost(what: string, cause?: unknown): ConflictError {
    return new ConflictError(`${what} Run it again: what it stored is not lost.`, { code: "LeaseLost", retryable: true, context: { session: this.id }, cause });
  }
}

function isConflict(error: unknown): boolean {
  return HoldfastError.isInstance(error) && ["ConditionFailed", "ObjectNotFound"].includes(error.code);
}

function encode(context: RepositoryContext, name: string, state: SessionState): Buffer {
  return seal({ key: context.keys.structure, repositoryId: context.keys.repositoryId, name, label: "session" }, Buffer.from(JSON.stringify(state)));
}

/** A repository in which a newer engine collects garbage has condemned lists that this version cannot honour: it must not write there. */
async function refuseCollectedRepository(context: RepositoryContext, options: SignalOptions): Promise<void> {
  for await (const epoch of context.store.list(objectNames.collectionEpochs, options)) {
    throw new ConflictError(`A newer version of the engine collects garbage in ${context.store.location} (${epoch.name}); this version can read it but must not write. Update holdfast.`, {
      code: "NewerEngineNeeded",
    });
  }
}
