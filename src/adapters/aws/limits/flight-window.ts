/** So many at least: enough to keep a near endpoint busy, and to learn how long a call takes. */
const minWindow = 64;
/** Of 512 KiB each: 192 MiB of blocks. */
const maxWindow = 384;
/** On top of what rate and latency need: calls do not all take the same time. */
const headroom = 1.3;
/** A mean beyond so many times the shortest time is a queue that our own calls stand in: more of them make it longer, not faster. */
const maxStretch = 3;
/** How much a call's time counts in the mean. */
const meanWeight = 0.05;
/** The shortest time is forgotten after so long: the way may have become longer. */
const shortestForMs = 30_000;

/**
 * How many calls should be under way to reach a rate at the latency there is (Little's law: rate x time). The window follows the mean time of a
 * call, but no further than a few times the shortest: what a busy machine or line adds is no reason for more.
 */
export class FlightWindow {
  #meanMs: number | undefined;
  #shortest: { readonly ms: number; readonly atMs: number } | undefined;
  #nextShortest: { readonly ms: number; readonly atMs: number } | undefined;

  /** A call that went well took so long. */
  note(durationMs: number, nowMs: number): void {
    const ms = Math.max(0, durationMs);
    this.#meanMs = this.#meanMs === undefined ? ms : this.#meanMs + (ms - this.#meanMs) * meanWeight;
    // two half-overlapping spans: the older one is given up for the newer
    if (this.#shortest === undefined || ms <= this.#shortest.ms) this.#shortest = { ms, atMs: nowMs };
    if (this.#nextShortest === undefined || ms <= this.#nextShortest.ms || nowMs - this.#nextShortest.atMs > shortestForMs) this.#nextShortest = { ms, atMs: nowMs };
    if (nowMs - this.#shortest.atMs > shortestForMs) {
      this.#shortest = this.#nextShortest;
      this.#nextShortest = { ms, atMs: nowMs };
    }
  }

  /** The window for a rate of calls a second. */
  size(ratePerSecond: number): number {
    if (this.#meanMs === undefined || this.#shortest === undefined) return minWindow;
    const ms = Math.min(this.#meanMs, Math.max(1, this.#shortest.ms) * maxStretch);
    return Math.min(maxWindow, Math.max(minWindow, Math.ceil((ratePerSecond * ms * headroom) / 1000)));
  }
}
