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
    const news = events.slice(this.#count);
    this.#count = Math.max(this.#count, events.length);
    // how far something is comes before its end, and after its beginning
    const isOver = news.some(({ type }) => type.endsWith(":completed"));
    if (isOver) this.#passProgress(progress);
    for (const event of news) this.#hear(event);
    if (!isOver) this.#passProgress(progress);
  }

  #passProgress(progress: ToldEvents["progress"]): void {
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
