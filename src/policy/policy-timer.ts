import { ConflictError, HoldfastError } from "../errors/index.js";
import type { Clock } from "../ports/index.js";
import { isFromTheFuture } from "../repository/history/from-the-future.js";
import type { Schedule } from "../schedule/schedule.js";
import { asError, ownSignal, type Session, type SessionEvent } from "../session/index.js";

/** The newest run that any process began. */
export interface LastRun {
  readonly startedAt: Date;
  readonly hasEnded: boolean;
  /** Resources that a run which goes on with it leaves out. */
  readonly done: ReadonlySet<string>;
}

/** What a timer needs of its policy. */
export interface TimedPolicy<Result, Event extends SessionEvent> {
  readonly schedule: Schedule;
  readonly clock: Clock;
  /** Begins a run without the resources in `done`; it fails with `AlreadyRan` where another process has done what was due. */
  begin(options: { readonly signal: AbortSignal; readonly done: ReadonlySet<string>; readonly dueAt: Date | undefined }): Session<Result, Event>;
  /** When the newest run that any process began did so, and whether it came to its end; of one that its window cut short, what it had done. */
  lastRun(signal: AbortSignal): Promise<LastRun | undefined>;
  /** The resource that an event says to be done: a run that goes on later leaves it out. */
  doneIn(event: Event): string | undefined;
  /** Retention for all points, also those of resources that no run comes across any more. */
  retain?: ((signal: AbortSignal) => Promise<void>) | undefined;
  /** Looks whether a run was missed, before one is made up for. */
  check?: ((signal: AbortSignal) => Promise<void>) | undefined;
  onSession(session: Session<Result, Event>): void;
  onError(error: Error): void;
}

/** The clock is looked at this often at least: it may be set, or the machine have slept. */
const maxSleepMs = 3_600_000;
/** Retention of what no run comes across is done this often, after a run. */
const retainEveryMs = 86_400_000;
/** The repository is asked again after so long where it could not be reached. */
const retryMs = 60_000;

/**
 * Runs a policy by its schedule, until it is stopped. Whatever was missed while no process ran it is run once; so is a run that did not come
 * to its end. A run that another process has begun for the same moment is not repeated.
 */
export class PolicyTimer<Result, Event extends SessionEvent> {
  readonly #policy: TimedPolicy<Result, Event>;
  readonly #stopping = new AbortController();
  readonly #aborting = new AbortController();
  readonly #loop: Promise<void>;
  #retainedMs = Number.NEGATIVE_INFINITY;

  constructor(policy: TimedPolicy<Result, Event>) {
    this.#policy = policy;
    this.#loop = this.#run();
  }

  async stop({ abort = false }: { readonly abort?: boolean | undefined }): Promise<void> {
    const reason = new ConflictError("The policy's schedule was stopped.", { code: "ScheduleStopped" });
    this.#stopping.abort(reason);
    if (abort) this.#aborting.abort(reason);
    await this.#loop;
  }

  /** Never rejects but for a mistake of its own. */
  async #run(): Promise<void> {
    const { clock } = this.#policy;
    const { signal } = this.#stopping;
    try {
      const last = await this.#lastRun();
      await this.#check();
      if (last?.hasEnded === false) await this.#runOnce({ done: this.#isOverdue(last) ? undefined : last.done });
      let after = last?.hasEnded === true ? last.startedAt : clock.now();
      for (;;) {
        const dueAt = await this.#nextDue(after);
        if (dueAt === undefined) return;
        await this.#runOnce({ dueAt });
        signal.throwIfAborted();
        await this.#retainDaily();
        after = new Date(Math.max(clock.now().getTime(), dueAt.getTime()));
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }

  /** Sleeps until the next run after a moment is due; undefined where there is none. Where the clock was far ahead and is set back, nothing waits until that moment comes again. */
  async #nextDue(after: Date): Promise<Date | undefined> {
    const { schedule, clock } = this.#policy;
    const { signal } = this.#stopping;
    for (let since = after; ; ) {
      signal.throwIfAborted();
      const now = clock.now();
      if (isFromTheFuture(since, now)) since = now;
      const [next] = schedule.next(1, { after: since });
      if (next === undefined) return undefined;
      const leftMs = next.at.getTime() - now.getTime();
      if (leftMs <= 0) return next.at;
      await clock.sleep(Math.min(leftMs, maxSleepMs), signal);
    }
  }

  /** Whether since that run another was due: then what it had done is to be done again. */
  #isOverdue({ startedAt }: LastRun): boolean {
    const { schedule, clock } = this.#policy;
    const [next] = schedule.next(1, { after: startedAt });
    return next !== undefined && next.at <= clock.now();
  }

  /** One run; where its window closes before it is done it goes on when the window opens, with what is left. */
  async #runOnce({ dueAt, done: before }: { readonly dueAt?: Date; readonly done?: ReadonlySet<string> | undefined }): Promise<void> {
    const { schedule, clock } = this.#policy;
    const done = new Set(before);
    for (;;) {
      await this.#untilOpen();
      const closing = new AbortController();
      const ended = new AbortController();
      const session = this.#policy.begin({ signal: ownSignal([this.#aborting.signal, closing.signal]), done, dueAt: done.size === 0 ? dueAt : undefined });
      const stopsAt = schedule.stopsAt(clock.now());
      if (stopsAt !== undefined) void this.#closeAt(stopsAt, closing, ended.signal);
      this.#policy.onSession(session);
      try {
        for await (const event of session) {
          const resource = this.#policy.doneIn(event);
          if (resource !== undefined) done.add(resource);
        }
        return;
      } catch (error) {
        if (HoldfastError.isInstance(error) && error.code === "AlreadyRan") return;
        this.#policy.onError(asError(error));
        if (!closing.signal.aborted) return;
      } finally {
        ended.abort();
      }
    }
  }

  async #retainDaily(): Promise<void> {
    const { clock } = this.#policy;
    // an hour less than a day, so that a daily run always comes with it
    if (clock.monotonicMs() - this.#retainedMs < retainEveryMs - maxSleepMs) return;
    try {
      this.#retainedMs = clock.monotonicMs();
      await this.#policy.retain?.(this.#stopping.signal);
    } catch (error) {
      this.#stopping.signal.throwIfAborted();
      this.#policy.onError(asError(error));
    }
  }

  async #check(): Promise<void> {
    try {
      await this.#policy.check?.(this.#stopping.signal);
    } catch (error) {
      this.#stopping.signal.throwIfAborted();
      this.#policy.onError(asError(error));
    }
  }

  async #closeAt(at: Date, closing: AbortController, ended: AbortSignal): Promise<void> {
    try {
      await this.#sleepUntil(() => at, ended);
    } catch (error) {
      // the run is over before its window, or is aborted in another way
      if (!ended.aborted) throw error;
      return;
    }
    closing.abort(new ConflictError("The policy's window closed: the run was stopped and goes on when it opens again.", { code: "WindowClosed", retryable: true }));
  }

  /** Until the window is open, by the clock as it is then. */
  async #untilOpen(): Promise<void> {
    await this.#sleepUntil((now) => this.#policy.schedule.resumesAt(now), this.#stopping.signal);
  }

  /** Until a moment, which is asked for anew each time that the clock is looked at. */
  async #sleepUntil(at: (now: Date) => Date, signal: AbortSignal): Promise<void> {
    const { clock } = this.#policy;
    const leftMs = (now: Date): number => at(now).getTime() - now.getTime();
    signal.throwIfAborted();
    for (let ms = leftMs(clock.now()); ms > 0; ms = leftMs(clock.now())) await clock.sleep(Math.min(ms, maxSleepMs), signal);
  }

  /** What the repository knows; it is asked until it answers, for without it nobody can tell what was missed. */
  async #lastRun(): ReturnType<TimedPolicy<Result, Event>["lastRun"]> {
    const { signal } = this.#stopping;
    for (;;) {
      try {
        return await this.#policy.lastRun(signal);
      } catch (error) {
        signal.throwIfAborted();
        this.#policy.onError(asError(error));
        await this.#policy.clock.sleep(retryMs, signal);
      }
    }
  }
}
