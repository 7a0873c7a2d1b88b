import { hkdfSync } from "node:crypto";
import * as z from "zod";
import { ConflictError, HoldfastError, IntegrityError } from "../../errors/index.js";
import { asError } from "../../session/index.js";
import { objectNames } from "../format/object-names.js";
import { seal, unseal, type SealContext } from "../keys/sealed-box.js";
import { isConflict, isGone } from "../store/store-answers.js";
import type { RepositoryContext, SignalOptions } from "../repository-context.js";

/** How often who holds a lease says so. */
const beatMs = 30_000;
/** How often who waits for one looks, and who holds one looks when it last said so. */
const lookMs = 10_000;
/** Who could not say so for this long stops by itself, before anybody takes its lease. */
const stopsAfterMs = 150_000;
/** A lease whose beat has not changed for this long, by the clock of who looks on, is taken over. */
const silentAfterMs = 240_000;

const leaseSchema = z.strictObject({ version: z.literal(1), session: z.string().regex(/^[0-9a-f]{32}$/), startedAt: z.iso.datetime(), beat: z.int().min(0) });
type LeaseState = z.infer<typeof leaseSchema>;

/** Which restore is worked at, and by whom. */
export interface RestoreTurn {
  /** The restore's id. */
  readonly id: string;
  readonly session: string;
  readonly startedAt: Date;
}

export interface TakeRestoreOptions extends SignalOptions {
  /** Called when another session has the lease, before it is watched whether that beats. */
  readonly onWaiting?: ((session: string) => void) | undefined;
}

interface LeaseParts {
  readonly context: RepositoryContext;
  readonly name: string;
  readonly state: LeaseState;
  readonly etag: string;
  /** When its last beat was sent. */
  readonly sentMs: number;
}

/**
 * That a session works at a restore's id, for all processes (docs/repository-format.md, section 16): put only if absent, renewed by compare-and-swap, removed at the end. Nobody reads another's clock: whoever finds a
 * lease watches whether its beat goes on. Whoever takes one must `end` it.
 */
export class RestoreLease {
  readonly #context: RepositoryContext;
  readonly #name: string;
  readonly #ending = new AbortController();
  readonly #lost = new AbortController();
  readonly #beating: Promise<unknown>;
  #state: LeaseState;
  #etag: string;
  #saidMs: number;
  /** That the last beat was refused for good, as by a full disk: nothing can be renewed, and what is restored needs to be read alone. */
  #isRefused = false;

  private constructor({ context, name, state, etag, sentMs }: LeaseParts) {
    this.#context = context;
    this.#name = name;
    this.#state = state;
    this.#etag = etag;
    this.#saidMs = sentMs;
    this.#beating = Promise.all([this.#keepBeating(), this.#keepLooking()]);
  }

  /** Aborts when another may work at the restore: then nothing of it may be changed any more, nor taken back. */
  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  /** Takes the lease, from one that is silent too, which takes four minutes. `ConflictError` (`RestoreUnderway`) where another session works at the restore. */
  static async take(context: RepositoryContext, { id, session, startedAt }: RestoreTurn, { signal, onWaiting }: TakeRestoreOptions = {}): Promise<RestoreLease> {
    const name = objectNames.restoreLease(hashOf(context, id));
    const state: LeaseState = { version: 1, session, startedAt: startedAt.toISOString(), beat: 0 };
    for (;;) {
      const found = await read(context, name, { signal });
      const isOthers = found?.state !== undefined && found.state.session !== session;
      if (isOthers && !(await fallsSilent(context, { name, id, etag: found.etag, session: found.state.session }, { signal, onWaiting }))) continue;
      const sentMs = context.clock.monotonicMs();
      try {
        const { etag } = await context.store.put(name, sealed(context, name, state), { condition: found === undefined ? "absent" : { etag: found.etag }, signal });
        return new RestoreLease({ context, name, state, etag, sentMs });
      } catch (error) {
        // another was faster, or the reply was lost: what is there now tells
        if (!isConflict(error)) throw error;
      }
    }
  }

  /** Gives the lease back; one that another has taken stays. Never rejects: what stays falls silent. */
  async end(): Promise<void> {
    this.#ending.abort();
    await this.#beating;
    try {
      // a beat that was cut short may have taken effect: then the lease is this session's by another tag
      if (!(await this.#remove()) && (await this.#isStillOurs())) await this.#remove();
    } catch (error) {
      this.#context.logger.warn("the lease of a restore could not be given back: it lapses", { session: this.#state.session, error: asError(error).message });
    }
  }

  async #remove(): Promise<boolean> {
    try {
      await this.#context.store.delete(this.#name, { etag: this.#etag });
      return true;
    } catch (error) {
      if (!isConflict(error)) throw error;
      return false;
    }
  }

  /** Never rejects: a loss aborts the restore. */
  async #keepBeating(): Promise<void> {
    const { clock, logger, store } = this.#context;
    const { signal } = this.#ending;
    while (!this.#lost.signal.aborted) {
      try {
        await clock.sleep(beatMs, signal);
        const state = { ...this.#state, beat: this.#state.beat + 1 };
        const sentMs = clock.monotonicMs();
        this.#etag = (await store.put(this.#name, sealed(this.#context, this.#name, state), { condition: { etag: this.#etag }, signal })).etag;
        this.#state = state;
        this.#saidMs = sentMs;
        this.#isRefused = false;
      } catch (error) {
        if (signal.aborted) return;
        this.#isRefused = !isConflict(error) && HoldfastError.isInstance(error) && !error.retryable;
        if (isConflict(error) && !(await this.#isStillOurs())) this.#lose("Another process took this restore over");
        else logger.warn("a restore could not renew its lease", { session: this.#state.session, error: asError(error).message });
      }
    }
  }

  /** A beat may hang for longer than another waits. Never rejects. */
  async #keepLooking(): Promise<void> {
    const { clock } = this.#context;
    const { signal } = this.#ending;
    for (;;) {
      await clock.sleep(lookMs, signal).catch(() => undefined);
      if (signal.aborted || this.#lost.signal.aborted) return;
      if (!this.#isRefused && clock.monotonicMs() - this.#saidMs > stopsAfterMs) this.#lose("Its lease in the repository could not be renewed for over two minutes, and another process may go on with it");
    }
  }

  #lose(why: string): void {
    this.#lost.abort(new ConflictError(`${why}: this process stopped, and took nothing back. Call again with the same id, or undo it (undoInstance).`, { code: "RestoreTakenOver", retryable: true, context: { session: this.#state.session } }));
  }

  /** After a conflict: whether a beat of ours took effect though its reply was lost. Where that cannot be asked, it is taken to be so until the next. */
  async #isStillOurs(): Promise<boolean> {
    try {
      const found = await read(this.#context, this.#name, {});
      if (found?.state?.session !== this.#state.session) return false;
      this.#etag = found.etag;
      return true;
    } catch (error) {
      this.#context.logger.warn("the lease of a restore could not be read", { session: this.#state.session, error: asError(error).message });
      return true;
    }
  }
}

interface FoundLease {
  readonly name: string;
  readonly id: string;
  readonly etag: string;
  readonly session: string;
}

/** Watches a lease until nobody has beaten for long (`true`), or it is gone (`false`). `ConflictError` (`RestoreUnderway`) at the first beat. */
async function fallsSilent(context: RepositoryContext, found: FoundLease, { signal, onWaiting }: TakeRestoreOptions): Promise<boolean> {
  const { clock, store } = context;
  onWaiting?.(found.session);
  for (const sinceMs = clock.monotonicMs(); clock.monotonicMs() - sinceMs <= silentAfterMs; ) {
    await clock.sleep(lookMs, signal);
    const now = await store.head(found.name, { signal });
    if (now === undefined) return false;
    if (now.etag === found.etag) continue;
    throw new ConflictError(`The restore ${found.id} is under way already, in session ${found.session} of another process. Wait for that, or end it, and call again: it is gone on with four minutes after the last beat of a process that is gone.`, {
      code: "RestoreUnderway",
      retryable: true,
      context: { restore: found.id, session: found.session },
    });
  }
  return true;
}

/** The lease as it is stored; without a state where it is damaged: it is overwritten. */
async function read(context: RepositoryContext, name: string, options: SignalOptions): Promise<{ readonly etag: string; readonly state: LeaseState | undefined } | undefined> {
  try {
    const { body, etag } = await context.store.get(name, options);
    return { etag, state: openState(context, name, body) };
  } catch (error) {
    if (isGone(error)) return undefined;
    throw error;
  }
}

function openState(context: RepositoryContext, name: string, bytes: Buffer): LeaseState | undefined {
  try {
    return leaseSchema.parse(JSON.parse(unseal(sealOf(context, name), bytes).toString("utf8")));
  } catch (error) {
    if (!(error instanceof IntegrityError || error instanceof z.ZodError || error instanceof SyntaxError)) throw error;
    context.logger.warn("the lease of a restore is damaged and counts as lapsed", { object: name });
    return undefined;
  }
}

function sealed(context: RepositoryContext, name: string, state: LeaseState): Buffer {
  return seal(sealOf(context, name), Buffer.from(JSON.stringify(state)));
}

function sealOf({ keys }: RepositoryContext, name: string): SealContext {
  return { key: keys.structure, repositoryId: keys.repositoryId, name, label: "restore lease" };
}

/** By a key that every role has: who restores has none for names. */
function hashOf({ keys }: RepositoryContext, id: string): string {
  return Buffer.from(hkdfSync("sha256", keys.structure, keys.repositoryId, `restore lease ${id}`, 16)).toString("hex");
}
