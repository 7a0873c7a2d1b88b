import { randomBytes } from "node:crypto";
import type { LocalClock } from "../../local-clock.js";

/** https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instancedata-data-retrieval.html: at most six hours. */
const MAX_TTL_SECONDS = 21_600;
const TOKEN_BYTES = 42;

/** The session tokens of one instance's metadata service. */
export class MetadataTokens {
  readonly #clock: LocalClock;
  readonly #endsAtMs = new Map<string, number>();

  constructor(clock: LocalClock) {
    this.#clock = clock;
  }

  /** A new token; undefined where the lifetime asked for is none. */
  issue(ttl: string | undefined): string | undefined {
    const seconds = Number(ttl);
    if (ttl === undefined || !/^\d+$/.test(ttl) || seconds < 1 || seconds > MAX_TTL_SECONDS) return undefined;
    const token = randomBytes(TOKEN_BYTES).toString("base64");
    this.#endsAtMs.set(token, this.#nowMs + seconds * 1000);
    return token;
  }

  isValid(token: string): boolean {
    const endsAtMs = this.#endsAtMs.get(token);
    if (endsAtMs !== undefined && endsAtMs > this.#nowMs) return true;
    this.#endsAtMs.delete(token);
    return false;
  }

  get #nowMs(): number {
    return this.#clock.now().getTime();
  }
}
