import type { Logger } from "../../ports/index.js";

const tokenSeconds = 21_600;
/** The service answers from the machine's own host: who waits longer asks nobody. */
const limitMs = 2_000;
const notFound = 404;

/**
 * Tells whether EC2 has given notice that it takes this instance back (EC2 user guide, "Spot Instance interruption notices"), by the instance's
 * metadata (IMDSv2). A service that does not answer has given no notice; that is logged once.
 */
export class SpotNotice {
  readonly #base: string;
  readonly #logger: Logger;
  #token: string | undefined;
  #hasWarned = false;

  constructor(endpoint: string | undefined, logger: Logger) {
    this.#base = `${(endpoint ?? "http://169.254.169.254").replace(/\/$/, "")}/latest`;
    this.#logger = logger;
  }

  async isGiven(): Promise<boolean> {
    try {
      this.#token ??= await this.#newToken();
      const answer = await fetch(`${this.#base}/meta-data/spot/instance-action`, { headers: { "x-aws-ec2-metadata-token": this.#token }, signal: AbortSignal.timeout(limitMs) });
      const text = await answer.text();
      if (answer.ok) return text.includes("terminate") || text.includes("stop") || text.includes("hibernate");
      // a token lives for six hours
      if (answer.status !== notFound) this.#token = undefined;
      return false;
    } catch (error) {
      if (!this.#hasWarned) this.#logger.warn("the instance's metadata cannot be asked for a spot interruption", { error: error instanceof Error ? error.message : String(error) });
      this.#hasWarned = true;
      return false;
    }
  }

  async #newToken(): Promise<string> {
    const answer = await fetch(`${this.#base}/api/token`, { method: "PUT", headers: { "x-aws-ec2-metadata-token-ttl-seconds": String(tokenSeconds) }, signal: AbortSignal.timeout(limitMs) });
    if (!answer.ok) throw new Error(`the metadata service refuses a token (${String(answer.status)})`);
    return await answer.text();
  }
}
