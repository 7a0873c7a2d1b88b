import { inspect } from "node:util";
import { SessionTelemetry } from "./telemetry/session-telemetry.js";
import { asError } from "./as-error.js";
import type { EngineEnvironment } from "./engine-environment.js";
import { EventLog } from "./event-log.js";
import type { SessionEvent, Unstamped } from "./session-event.js";
import { newSessionId } from "./session-id.js";

/** What the work of a session is given. */
export interface RunningSession<Event extends SessionEvent> {
  readonly id: string;
  readonly startedAt: Date;
  /** Sends an event to everybody who listens, now or later. */
  readonly emit: (event: Unstamped<Event>) => void;
}

/**
 * One run of a policy or a restore: its events to iterate, its result to await.
 *
 * Every listener sees all events from the first on (of progress, at least the last few hundred), and after the last one
 * the error, if the session failed. A failure that nobody awaits or iterates is an unhandled rejection, as with any promise.
 *
 * @example
 * const session = policy.run();
 * for await (const event of session) console.log(event.type);
 * const result = await session;
 */
export class Session<Result, Event extends SessionEvent = SessionEvent> implements PromiseLike<Result>, AsyncIterable<Event> {
  /** Unique: it is in the tags of what the session makes. */
  readonly id: string;
  /** What runs, for people: `policy gold`. */
  readonly title: string;
  readonly startedAt: Date;
  readonly #events: EventLog<Event>;
  readonly #result: Promise<Result>;
  #state: "running" | "succeeded" | "failed" = "running";

  private constructor(title: string, running: RunningSession<Event>, events: EventLog<Event>, work: (session: RunningSession<Event>) => Promise<Result>) {
    this.id = running.id;
    this.title = title;
    this.startedAt = running.startedAt;
    this.#events = events;
    this.#result = this.#run(running, work);
  }

  /** Starts `work`, after the caller has had the time to listen. */
  static start<Result, Event extends SessionEvent>(
    title: string,
    environment: Pick<EngineEnvironment, "clock" | "random">,
    work: (session: RunningSession<Event>) => Promise<Result>,
  ): Session<Result, Event> {
    const { clock, random } = environment;
    const events = new EventLog<Event>();
    const id = newSessionId(random);
    const startedAt = clock.now();
    const telemetry = new SessionTelemetry({ id, title, startedAt });
    const emit = (unstamped: Unstamped<Event>): void => {
      // the type says that an event lacks nothing but its time
      const event = { ...unstamped, at: clock.now() } as unknown as Event;
      events.append(event);
      telemetry.event(event);
    };
    const followed = async (running: RunningSession<Event>): Promise<Result> => {
      try {
        const result = await work(running);
        telemetry.ended(clock.now());
        return result;
      } catch (error) {
        telemetry.ended(clock.now(), asError(error));
        throw error;
      }
    };
    return new Session(title, { id, startedAt, emit }, events, followed);
  }

  /** Whether it still runs, and how it ended. */
  get state(): "running" | "succeeded" | "failed" {
    return this.#state;
  }

  then<Fulfilled = Result, Rejected = never>(
    onFulfilled?: ((value: Result) => Fulfilled | PromiseLike<Fulfilled>) | null,
    onRejected?: ((reason: unknown) => Rejected | PromiseLike<Rejected>) | null,
  ): Promise<Fulfilled | Rejected> {
    return this.#result.then(onFulfilled, onRejected);
  }

  /** As of a promise. */
  catch<Rejected = never>(onRejected?: ((reason: unknown) => Rejected | PromiseLike<Rejected>) | null): Promise<Result | Rejected> {
    return this.#result.catch(onRejected);
  }

  /** As of a promise. */
  finally(onSettled?: (() => void) | null): Promise<Result> {
    return this.#result.finally(onSettled);
  }

  /** All events from the first on; then the error, if the session failed. */
  [Symbol.asyncIterator](): AsyncGenerator<Event, void, undefined> {
    // who iterates is told of a failure by the iteration: it must not count as unhandled meanwhile
    this.#result.catch(() => undefined);
    return this.#listen();
  }

  /** How it prints: what runs, since when, and its last event. */
  [inspect.custom](): string {
    const last = this.#events.last;
    const lines = [`Session ${this.id}`, `  ${this.title}, ${this.#state}, started ${this.startedAt.toISOString()}`];
    if (last !== undefined) lines.push(`  last event ${last.type}, ${last.at.toISOString()}`);
    return lines.join("\n");
  }

  async *#listen(): AsyncGenerator<Event, void, undefined> {
    yield* this.#events.listen();
    await this.#result;
  }

  async #run(running: RunningSession<Event>, work: (session: RunningSession<Event>) => Promise<Result>): Promise<Result> {
    await Promise.resolve();
    try {
      const result = await work(running);
      this.#state = "succeeded";
      return result;
    } catch (error) {
      this.#state = "failed";
      throw error;
    } finally {
      this.#events.close();
    }
  }
}
