import { ServiceError } from "../../service.js";

interface Bucketful {
  tokens: number;
  filledAtMs: number;
}

/**
 * Requests a second, a limit for each name: beyond it S3 answers `SlowDown`.
 *
 * The rate is that of the machine's time: the local cloud's clock may jump, a client's requests don't.
 */
export class RequestRates {
  readonly #limits: { readonly read: number; readonly write: number };
  readonly #levels = new Map<string, Bucketful>();

  constructor(limits: { readonly readsPerSecond: number; readonly writesPerSecond: number }) {
    this.#limits = { read: limits.readsPerSecond, write: limits.writesPerSecond };
  }

  take(bucket: string, kind: "read" | "write"): void {
    const limit = this.#limits[kind];
    if (limit === Number.POSITIVE_INFINITY) return;
    const nowMs = performance.now();
    const name = `${kind} ${bucket}`;
    const level = this.#levels.get(name) ?? { tokens: limit, filledAtMs: nowMs };
    level.tokens = Math.min(limit, level.tokens + ((nowMs - level.filledAtMs) / 1000) * limit);
    level.filledAtMs = nowMs;
    this.#levels.set(name, level);
    if (level.tokens < 1) throw new ServiceError("SlowDown", 503, "Please reduce your request rate.");
    level.tokens -= 1;
  }
}
