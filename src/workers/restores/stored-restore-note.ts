import { ConflictError, HoldfastError, IllegalStateError } from "../../errors/index.js";
import type { ControlObjects } from "../../mover/protocol/control-objects.js";
import { restoreDocument, type RestoreDocument } from "../../mover/protocol/documents.js";
import { controlNames } from "../../mover/protocol/object-names.js";
import type { CallOptions } from "../../ports/index.js";
import { asError } from "../../session/index.js";
import type { PoolContext } from "../pool-context.js";
import type { NotedRestore, RestoreNote } from "../workers.js";

interface NoteParts {
  readonly context: PoolContext;
  readonly control: ControlObjects;
  readonly restore: Omit<RestoreDocument, "beat" | "state">;
  readonly etag: string;
}

const reaped = "RestoreReaped";

/** A restore's note in the configuration bucket, and the beats that keep it alive (docs/workers.md, section 9). */
export class StoredRestoreNote implements RestoreNote {
  readonly #context: PoolContext;
  readonly #control: ControlObjects;
  readonly #restore: NoteParts["restore"];
  readonly #ending = new AbortController();
  readonly #beating: Promise<void>;
  #etag: string;
  #beat = 0;
  #isInDoubt = false;
  #isLost = false;

  private constructor({ context, control, restore, etag }: NoteParts) {
    this.#context = context;
    this.#control = control;
    this.#restore = restore;
    this.#etag = etag;
    this.#beating = this.#keepBeating();
  }

  /** Writes the note. Only then may the first snapshot be asked for. */
  static async write(context: PoolContext, { sessionId, account, region, tags, restoreId }: NotedRestore, options: CallOptions): Promise<StoredRestoreNote> {
    const control = await context.control();
    const restore = {
      version: 1 as const,
      session: sessionId,
      engine: context.engine,
      applianceId: context.options.applianceId,
      accountId: await account.accountId(options),
      region,
      tags: { ...tags },
      ...(restoreId !== undefined && { restoreId }),
    };
    const etag = await control.create(controlNames.restore(sessionId), { ...restore, beat: 0, state: "making" }, options);
    if (etag === false) throw new IllegalStateError(`There is a note of a restore ${sessionId} already, though its id is random: ids must not be given twice.`, { code: "NoteTaken", context: { session: sessionId } });
    return new StoredRestoreNote({ context, control, restore, etag });
  }

  doubt(): void {
    this.#isInDoubt = true;
  }

  async made({ signal }: CallOptions = {}): Promise<void> {
    await this.#stopBeating();
    const { clock, pace } = this.#context;
    const untilMs = clock.monotonicMs() + pace.silentAfterMs;
    for (;;) {
      try {
        if (await this.#say("made")) return;
        throw this.#reaped();
      } catch (error) {
        signal?.throwIfAborted();
        // the restore is done but for this word: a bucket that does not answer for a moment must not cost all of it
        if (!(HoldfastError.isInstance(error) && error.code !== reaped && error.retryable) || clock.monotonicMs() >= untilMs) throw error;
        await clock.sleep(pace.pollMs, signal);
      }
    }
  }

  async end(): Promise<void> {
    await this.#stopBeating();
    // a note that a reaping has taken over is the reaping's
    if (this.#isInDoubt || this.#isLost) return;
    try {
      await this.#control.store.delete(controlNames.restore(this.#restore.session));
    } catch (error) {
      this.#context.logger.warn("the note of a restore could not be removed: reap() finds it", { session: this.#restore.session, error: asError(error).message });
    }
  }

  async #keepBeating(): Promise<void> {
    const { clock, logger, pace } = this.#context;
    const { signal } = this.#ending;
    while (!this.#isLost) {
      // a beat that is under way is waited for: of one that was cut off nobody would know which version it left
      await clock.sleep(pace.beatMs, signal).catch(() => undefined);
      if (signal.aborted) return;
      this.#beat++;
      try {
        if (!(await this.#say("making"))) logger.warn("a reaping took a restore for dead that goes on: it will fail", { session: this.#restore.session });
      } catch (error) {
        logger.warn("an engine could not say that its restore goes on", { session: this.#restore.session, error: asError(error).message });
      }
    }
  }

  async #stopBeating(): Promise<void> {
    this.#ending.abort();
    await this.#beating;
  }

  /** Writes over this engine's last word. `false` where a reaping has come between. */
  async #say(state: RestoreDocument["state"]): Promise<boolean> {
    const name = controlNames.restore(this.#restore.session);
    while (!this.#isLost) {
      const etag = await this.#control.replace(name, { ...this.#restore, beat: this.#beat, state }, this.#etag);
      if (etag !== false) {
        this.#etag = etag;
        return true;
      }
      const found = await this.#control.read(name, restoreDocument);
      if (found === undefined || found.document.state === "reaping") this.#isLost = true;
      // this engine's own word, whose answer was lost
      else this.#etag = found.etag;
    }
    return false;
  }

  #reaped(): ConflictError {
    const { session, region } = this.#restore;
    return new ConflictError(`Nothing was heard of the restore ${session} for so long that a reaping took it for dead: what it had made in ${region} is removed. Run it again.`, { code: reaped, retryable: true, context: { session } });
  }
}
