import { isProgress, type SessionEvent } from "./session-event.js";

/** Progress events that are kept for those who listen later or slowly; of more, the oldest go. */
const maxProgressEvents = 256;

interface LoggedEvent<Event> {
  readonly sequence: number;
  readonly event: Event;
}

/**
 * The events of one session, for any number of listeners, each at its own pace and from the beginning.
 *
 * Memory is bounded: of progress events only the last few hundred are kept. All others are kept, and their number goes
 * with the work (a dozen for each resource and volume), not with its duration or size.
 */
export class EventLog<Event extends SessionEvent> {
  #events: LoggedEvent<Event>[] = [];
  #progressEvents = 0;
  #nextSequence = 0;
  #closed = false;
  #waiting: (() => void)[] = [];

  get last(): Event | undefined {
    return this.#events.at(-1)?.event;
  }

  append(event: Event): void {
    this.#events.push({ sequence: this.#nextSequence++, event });
    if (isProgress(event) && ++this.#progressEvents >= 2 * maxProgressEvents) this.#dropOldProgress();
    this.#wake();
  }

  /** No event comes any more: listeners end after the last. */
  close(): void {
    this.#closed = true;
    this.#wake();
  }

  async *listen(): AsyncGenerator<Event, void, undefined> {
    for (let next = 0; ; ) {
      const found = this.#from(next);
      if (found !== undefined) {
        next = found.sequence + 1;
        yield found.event;
      } else if (this.#closed) {
        return;
      } else {
        await new Promise<void>((resolve) => this.#waiting.push(resolve));
      }
    }
  }

  /** The first event with this number or a later one. */
  #from(sequence: number): LoggedEvent<Event> | undefined {
    let low = 0;
    let high = this.#events.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#events[middle]?.sequence ?? 0) < sequence) low = middle + 1;
      else high = middle;
    }
    return this.#events[low];
  }

  #dropOldProgress(): void {
    let excess = this.#progressEvents - maxProgressEvents;
    this.#progressEvents = maxProgressEvents;
    this.#events = this.#events.filter(({ event }) => !(isProgress(event) && excess-- > 0));
  }

  #wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}
