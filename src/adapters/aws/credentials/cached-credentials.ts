import type { Clock, Logger } from "../../../ports/index.js";
import type { AwsCredentials } from "./aws-credentials.js";

/** How long before their end credentials are renewed: also what the AWS SDKs take. */
const renewBeforeMs = 5 * 60_000;
/** After a failed renewal, present credentials are used on for at least this long. */
const renewAgainAfterMs = 30_000;

interface Obtained {
  readonly credentials: AwsCredentials;
  readonly atMs: number;
}

/**
 * Credentials kept until shortly before their end, got by one request at a time.
 *
 * While the present ones are still good, they are renewed in the background; a failure then is logged, and matters only when they end.
 */
export class CachedCredentials {
  readonly #fetch: () => Promise<AwsCredentials>;
  readonly #clock: Clock;
  readonly #logger: Logger;
  #obtained: Obtained | undefined;
  #pending: Promise<AwsCredentials> | undefined;
  #failedAtMs = Number.NEGATIVE_INFINITY;

  constructor(fetch: () => Promise<AwsCredentials>, environment: { readonly clock: Clock; readonly logger: Logger }) {
    this.#fetch = fetch;
    this.#clock = environment.clock;
    this.#logger = environment.logger;
  }

  /** Credentials that are not known to be expired. */
  async get(): Promise<AwsCredentials> {
    const credentials = this.#obtained?.credentials;
    if (credentials === undefined) return await this.#renew();
    const leftMs = (credentials.expiration?.getTime() ?? Number.POSITIVE_INFINITY) - this.#clock.now().getTime();
    if (leftMs <= 0) return await this.#renew();
    if (leftMs <= renewBeforeMs) this.#renewInBackground();
    return credentials;
  }

  /** Gets new ones, unless those at hand were got after `obtainedBeforeMs` of the clock: then somebody else did it already. */
  async refresh(obtainedBeforeMs: number): Promise<void> {
    if (this.#obtained !== undefined && this.#obtained.atMs > obtainedBeforeMs) return;
    await this.#renew();
  }

  #renewInBackground(): void {
    if (this.#pending !== undefined || this.#clock.monotonicMs() - this.#failedAtMs < renewAgainAfterMs) return;
    this.#renew().catch((error: unknown) => {
      this.#failedAtMs = this.#clock.monotonicMs();
      this.#logger.warn("AWS credentials could not be renewed; the present ones are used until they end", { error: error instanceof Error ? error.message : "unknown" });
    });
  }

  async #renew(): Promise<AwsCredentials> {
    this.#pending ??= this.#fetchOnce();
    return await this.#pending;
  }

  async #fetchOnce(): Promise<AwsCredentials> {
    try {
      const credentials = await this.#fetch();
      this.#obtained = { credentials, atMs: this.#clock.monotonicMs() };
      return credentials;
    } finally {
      this.#pending = undefined;
    }
  }
}
