import { hkdfSync } from "node:crypto";
import * as z from "zod";
import { ConflictError, HoldfastError } from "../../errors/index.js";
import { asError } from "../../session/index.js";
import { objectNames } from "../format/object-names.js";
import { isConflict } from "../store/store-answers.js";
import type { RepositoryContext, SignalOptions } from "../repository-context.js";
import { HeldTurn, readTurn, type TurnPlace } from "./held-turn.js";

/** How often who holds a lease says so. A put each: an hour of them costs less than a cent. */
const beatMs = 10_000;
/** How often who waits for one looks, and who holds one looks when it last said so. */
const lookMs = 5_000;
/** Who could not say so for this long stops by itself, before anybody takes its lease: six beats. */
const stopsAfterMs = 60_000;
/** A lease whose beat has not changed for this long, by the clock of who looks on, is taken over. The difference is for what was under way when its holder stopped. */
const silentAfterMs = 90_000;
/** How long who takes a lease by force does nothing yet: by then a process that lives after all has met the refusal of its next beat, and what it had under way has settled. */
const forceMs = beatMs + lookMs;

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
  /** Takes the lease from another session without watching whether that beats: the caller says that it is dead. */
  readonly force?: boolean | undefined;
  /** Called when another session has the lease, before it is watched whether that beats, or before a taking by force takes effect. */
  readonly onWaiting?: ((waiting: RestoreWaiting) => void) | undefined;
}

/** Whom a restore waits for, and how long at most. */
export interface RestoreWaiting {
  readonly session: string;
  readonly atMostMs: number;
}

/**
 * That a session works at a restore's id, for all processes (docs/repository-format.md, section 16): put only if absent, renewed by compare-and-swap, removed at the end. Nobody reads another's clock: whoever finds a
 * lease watches whether its beat goes on, unless it is told that nobody is there (`force`). Whoever takes one must `end` it.
 */
export class RestoreLease {
  readonly #context: RepositoryContext;
  readonly #turn: HeldTurn<LeaseState>;
  readonly #ending = new AbortController();
  readonly #lost = new AbortController();
  readonly #beating: Promise<unknown>;
  /** When its last beat was sent. */
  #saidMs: number;
  /** That the last beat was refused for good, as by a full disk: nothing can be renewed, and what is restored needs to be read alone. */
  #isRefused = false;

  private constructor(context: RepositoryContext, turn: HeldTurn<LeaseState>, sentMs: number) {
    this.#context = context;
    this.#turn = turn;
    this.#saidMs = sentMs;
    this.#beating = Promise.all([this.#keepBeating(), this.#keepLooking()]);
  }

  /** Aborts when another may work at the restore: then nothing of it may be changed any more, nor taken back. */
  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  /**
   * Whether it is this process's still, as the store has it: to be asked before anything is taken back, which another may go on with. A process that stood still hears of its loss only at its next beat. Where the store
   * cannot be asked, what the last beats said counts.
   */
  async isHeld(): Promise<boolean> {
    if (!this.#lost.signal.aborted && (await this.#turn.isAnothers())) this.#lose(takenOver);
    return !this.#lost.signal.aborted;
  }

  /** Takes the lease, from one that is silent too, which takes a minute and a half. `ConflictError` (`RestoreUnderway`) where another session works at the restore. */
  static async take(context: RepositoryContext, { id, session, startedAt }: RestoreTurn, { signal, force, onWaiting }: TakeRestoreOptions = {}): Promise<RestoreLease> {
    const place: TurnPlace<LeaseState> = { name: objectNames.restoreLease(hashOf(context, id)), label: "restore lease", what: "the lease of a restore", schema: leaseSchema };
    const state: LeaseState = { version: 1, session, startedAt: startedAt.toISOString(), beat: 0 };
    for (;;) {
      const found = await readTurn(context, place, { signal });
      const isOthers = found?.state !== undefined && found.state.session !== session;
      const other = isOthers ? found.state.session : undefined;
      if (other !== undefined) onWaiting?.({ session: other, atMostMs: force === true ? forceMs : silentAfterMs });
      if (other !== undefined && force !== true && !(await fallsSilent(context, { name: place.name, id, etag: found?.etag ?? "", session: other }, { signal }))) continue;
      const sentMs = context.clock.monotonicMs();
      const turn = await HeldTurn.take(context, place, state, found, { signal });
      if (turn === undefined) continue;
      const lease = new RestoreLease(context, turn, sentMs);
      if (other !== undefined && force === true) await lease.#letStop(other, signal);
      return lease;
    }
  }

  /** Waits until who had the lease has seen that it has not. */
  async #letStop(other: string, signal: AbortSignal | undefined): Promise<void> {
    const { clock, logger } = this.#context;
    logger.warn("the lease of a restore is taken from another session by force", { session: this.#turn.state.session, from: other });
    try {
      await clock.sleep(forceMs, signal);
    } catch (error) {
      await this.end();
      throw error;
    }
  }

  /** Gives the lease back; one that another has taken stays. Never rejects: what stays falls silent. */
  async end(): Promise<void> {
    this.#ending.abort();
    await this.#beating;
    try {
      await this.#turn.giveBack();
    } catch (error) {
      this.#context.logger.warn("the lease of a restore could not be given back: it lapses", { session: this.#turn.state.session, error: asError(error).message });
    }
  }

  /** Never rejects: a loss aborts the restore. */
  async #keepBeating(): Promise<void> {
    const { clock, logger } = this.#context;
    const { signal } = this.#ending;
    while (!this.#lost.signal.aborted) {
      try {
        await clock.sleep(beatMs, signal);
        const sentMs = clock.monotonicMs();
        await this.#turn.renew({ ...this.#turn.state, beat: this.#turn.state.beat + 1 }, { signal });
        this.#saidMs = sentMs;
        this.#isRefused = false;
      } catch (error) {
        if (signal.aborted) return;
        this.#isRefused = !isConflict(error) && HoldfastError.isInstance(error) && !error.retryable;
        if (isConflict(error) && !(await this.#turn.isStillOurs())) this.#lose(takenOver);
        else logger.warn("a restore could not renew its lease", { session: this.#turn.state.session, error: asError(error).message });
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
      if (!this.#isRefused && clock.monotonicMs() - this.#saidMs > stopsAfterMs) this.#lose("Its lease in the repository could not be renewed for over a minute, and another process may go on with it");
    }
  }

  #lose(why: string): void {
    this.#lost.abort(new ConflictError(`${why}: this process stopped, and took nothing back. Call again with the same id, or undo it (undoInstance).`, { code: "RestoreTakenOver", retryable: true, context: { session: this.#turn.state.session } }));
  }
}

const takenOver = "Another process took this restore over";

interface FoundLease {
  readonly name: string;
  readonly id: string;
  readonly etag: string;
  readonly session: string;
}

/** Watches a lease until nobody has beaten for long (`true`), or it is gone (`false`). `ConflictError` (`RestoreUnderway`) at the first beat. */
async function fallsSilent(context: RepositoryContext, found: FoundLease, { signal }: SignalOptions): Promise<boolean> {
  const { clock, store } = context;
  for (const sinceMs = clock.monotonicMs(); clock.monotonicMs() - sinceMs <= silentAfterMs; ) {
    await clock.sleep(lookMs, signal);
    const now = await store.head(found.name, { signal });
    if (now === undefined) return false;
    if (now.etag === found.etag) continue;
    throw new ConflictError(`The restore ${found.id} is under way already, in session ${found.session} of another process. Wait for that, or end it, and call again: it is gone on with a minute and a half after the last beat of a process that is gone, or in fifteen seconds with takeOver: true, which stops that session.`, {
      code: "RestoreUnderway",
      retryable: true,
      context: { restore: found.id, session: found.session },
    });
  }
  return true;
}

/** By a key that every role has: who restores has none for names. */
function hashOf({ keys }: RepositoryContext, id: string): string {
  return Buffer.from(hkdfSync("sha256", keys.structure, keys.repositoryId, `restore lease ${id}`, 16)).toString("hex");
}
