import type { ToldEvents } from "../../mover/protocol/documents.js";
import type { WorkEvent } from "../../repository/workers/repository-workers.js";

/** Passes on what a worker says of its work, as often as it says it: each event once, of progress whatever is new. */
export class EventRelay {
  readonly #hear: (event: WorkEvent) => void;
  #count = 0;
  #progress = "";

  constructor(hear: (event: WorkEvent) => void) {
    this.#hear = hear;
  }

  pass({ events, progress }: ToldEvents): void {
    // an older word, read late: what it says of progress came before the events that are passed on already
    if (events.length < this.#count) return;
    const news = events.slice(this.#count);
    this.#count = events.length;
    for (const event of news) this.#hear(event);
    const said = JSON.stringify(progress ?? "");
    if (progress !== undefined && said !== this.#progress) this.#hear(progress);
    this.#progress = said;
  }

  /** Another worker begins anew, and has said nothing yet. */
  restart(): void {
    this.#count = 0;
    this.#progress = "";
  }
}
