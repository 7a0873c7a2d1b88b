import type { Clock } from "../../ports/index.js";

/** Tells whether somebody's beat goes on, by one's own monotonic clock alone. */
export class BeatWatch {
  readonly #clock: Clock;
  readonly #silentAfterMs: number;
  #last: string | undefined;
  #sinceMs: number;

  constructor(clock: Clock, silentAfterMs: number) {
    this.#clock = clock;
    this.#silentAfterMs = silentAfterMs;
    this.#sinceMs = clock.monotonicMs();
  }

  /** What was seen now: anything that is another with each beat, such as an etag. */
  note(beat: string): void {
    if (beat === this.#last) return;
    this.#last = beat;
    this.#sinceMs = this.#clock.monotonicMs();
  }

  get isSilent(): boolean {
    return this.#clock.monotonicMs() - this.#sinceMs > this.#silentAfterMs;
  }
}
