import { ConflictError, HoldfastError } from "../../errors/index.js";
import { objectNames, type PackId } from "../format/object-names.js";
import { seal } from "../keys/sealed-box.js";
import type { RepositoryContext, SignalOptions } from "../repository-context.js";

/** A lease is renewed this often; collection waits for a session that is late, or fences it. */
const heartbeatMs = 3 * 60_000;
/** A run that could not renew its lease for this long stops by itself. */
const maxSilenceMs = 10 * 60_000;

/** What the lease says: the collection epoch seen, the record that will be written, and how often it was renewed. */
interface SessionState {
  readonly epoch: number;
  readonly stream: string | null;
  readonly target: number | null;
  readonly heartbeat: number;
}

/**
 * One writer's lease on one stream (docs/repository-format.md, section 7): put before anything is read, renewed by
 * compare-and-swap, removed at the end. Also the source of names for the run's packs.
 */
export class WriterSession {
  readonly id: string;
  readonly #context: RepositoryContext;
  readonly #name: string;
  #state: SessionState = { epoch: 0, stream: null, target: null, heartbeat: 0 };
  #etag: string;
  #lastHeartbeatMs: number;
  #packs = 0;

  private constructor(context: RepositoryContext, id: string, etag: string) {
    this.#context = context;
    this.id = id;
    this.#name = objectNames.session(id);
    this.#etag = etag;
    this.#lastHeartbeatMs = context.clock.monotonicMs();
  }

  static async begin(context: RepositoryContext, options: SignalOptions = {}): Promise<WriterSession> {
    await refuseCollectedRepository(context, options);
    const id = context.random.bytes(16).toString("hex");
    const name = objectNames.session(id);
    const { etag } = await context.store.put(name, encode(context, name, { epoch: 0, stream: null, target: null, heartbeat: 0 }), { condition: "absent", signal: options.signal });
    return new WriterSession(context, id, etag);
  }

  get epoch(): number {
    return this.#state.epoch;
  }

  nextPackId(kind: PackId["kind"]): PackId {
    return { kind, sessionId: this.id, number: this.#packs++ };
  }

  /** Says which record this session will write: after the head was read, before anything relies on it. */
  async claim(stream: string, target: number, options: SignalOptions = {}): Promise<void> {
    await this.#replace({ ...this.#state, stream, target }, options);
  }

  /** Renews the lease where it is due. Raises `ConflictError` where the session was ended by somebody else. */
  async heartbeat(options: SignalOptions = {}): Promise<void> {
    const silenceMs = this.#context.clock.monotonicMs() - this.#lastHeartbeatMs;
    if (silenceMs < heartbeatMs) return;
    if (silenceMs > maxSilenceMs) {
      throw new ConflictError("This run could not renew its lease on the repository for over 10 minutes and stopped. Run it again: what it stored is not lost.", {
        code: "LeaseLost",
        retryable: true,
        context: { session: this.id },
      });
    }
    await this.#replace({ ...this.#state, heartbeat: this.#state.heartbeat + 1 }, options);
  }

  /** Removes the lease. A session that is gone already was ended by somebody else: there is nothing left to do. */
  async end(): Promise<void> {
    await this.#context.store.delete(this.#name);
  }

  async #replace(state: SessionState, options: SignalOptions): Promise<void> {
    try {
      const { etag } = await this.#context.store.put(this.#name, encode(this.#context, this.#name, state), { condition: { etag: this.#etag }, signal: options.signal });
      this.#etag = etag;
    } catch (cause) {
      if (!HoldfastError.isInstance(cause) || !["ConditionFailed", "ObjectNotFound"].includes(cause.code)) throw cause;
      throw new ConflictError("Another process ended this run's session in the repository. Run it again: what it stored is not lost.", {
        code: "LeaseLost",
        retryable: true,
        context: { session: this.id },
        cause,
      });
    }
    this.#state = state;
    this.#lastHeartbeatMs = this.#context.clock.monotonicMs();
  }
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
