import { HoldfastError } from "../../errors/index.js";
import { asError } from "../../session/index.js";
import { objectNames } from "../format/object-names.js";
import { heartbeatMs } from "./run-lease.js";
import { pointTime } from "../format/point-id.js";
import type { RepositoryContext } from "../repository-context.js";
import { isConflict } from "../store/store-answers.js";
import { putSessionRecord, type EndedSession } from "./put-session-record.js";
import { sealSessionRecord, type SessionRecord } from "./session-record.js";

/** A session that is no policy's run, as it begins. */
export type BegunSession = Pick<EndedSession, "session" | "kind" | "policy" | "startedAt">;

/** How such a session ended. */
export type SessionEnd = Omit<EndedSession, keyof BegunSession | "endedAt" | "renewedAt">;

/**
 * The record of a session that is no policy's run: put as `running` at its beginning, renewed while it lasts, overwritten at its end. No lease guards it and nobody need close it:
 * whoever reads one that was not renewed takes it for crashed. Nothing that it does holds the session up or fails it, but for the end, which says whether the record could be written.
 */
export class OpenRecord {
  readonly #context: RepositoryContext;
  readonly #begun: BegunSession;
  readonly #name: string;
  readonly #ending = new AbortController();
  readonly #beating: Promise<void>;

  private constructor(context: RepositoryContext, begun: BegunSession) {
    this.#context = context;
    this.#begun = begun;
    this.#name = objectNames.sessionOf(begun.kind, pointTime(new Date(begun.startedAt)), begun.session);
    this.#beating = this.#keepOpen();
  }

  /** Begins the record; whoever does so ends it. */
  static begin(context: RepositoryContext, begun: BegunSession): OpenRecord {
    return new OpenRecord(context, begun);
  }

  /** Writes what the session came to, and removes records of its kind that are older than they are kept. */
  async end(end: SessionEnd): Promise<void> {
    this.#ending.abort();
    await this.#beating;
    await putSessionRecord(this.#context, { ...this.#begun, endedAt: this.#context.clock.now().toISOString(), ...end });
  }

  /** Never rejects: whoever may not write here learns so at the end. */
  async #keepOpen(): Promise<void> {
    const { clock, logger } = this.#context;
    const { signal } = this.#ending;
    let etag: string | undefined;
    for (let beats = 0; ; beats++) {
      try {
        if (beats > 0) await clock.sleep(heartbeatMs, signal);
        etag = await this.#beat(etag);
      } catch (error) {
        if (signal.aborted) return;
        logger.warn("the record of a session could not be kept open", { object: this.#name, error: asError(error).message });
        if (!(HoldfastError.isInstance(error) && error.retryable)) return;
      }
    }
  }

  /** Only over what this one put before: what is late must not land on the session's end. */
  async #beat(etag: string | undefined): Promise<string | undefined> {
    const { store } = this.#context;
    const { signal } = this.#ending;
    try {
      return (await store.put(this.#name, await this.#sealed(), { condition: etag === undefined ? "absent" : { etag }, signal })).etag;
    } catch (error) {
      if (!isConflict(error)) throw error;
      // the reply to an earlier one was lost
      return (await store.head(this.#name, { signal }))?.etag;
    }
  }

  async #sealed(): Promise<Buffer> {
    const record: SessionRecord = { ...this.#begun, state: "running", renewedAt: this.#context.clock.now().toISOString(), events: [] };
    return await sealSessionRecord(this.#context.keys, this.#name, record);
  }
}
