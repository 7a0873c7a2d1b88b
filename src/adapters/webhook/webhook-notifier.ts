import { createHash, createHmac } from "node:crypto";
import { inspect } from "node:util";
import { HoldfastError, ProviderError } from "../../errors/index.js";
import type { CallOptions, Notification, Notifier } from "../../ports/index.js";
import { resolveWebhookOptions, type ResolvedWebhookOptions, type WebhookNotifierOptions } from "./webhook-options.js";

/** Answers that ask for the same message again, later. */
const retryableStatuses = new Set([408, 425, 429, 500, 502, 503, 504]);
/** Enough to tell a person's few hooks apart, and too few to find a path by. */
const hashDigits = 6;
/** Of an answer no more is read: nothing in it is needed. */
const maxAnswerBytes = 65_536;

/**
 * Sends messages as JSON by POST.
 *
 * The body is the `Notification` without its HTML. With a secret, `holdfast-signature` is `t=<seconds since 1970>,v1=<hex>`: HMAC-SHA256 by the secret over `<seconds>.<body>`.
 * Redirects are refused, proxies of the environment are not used, certificates are checked.
 *
 * @example
 * const hook = new WebhookNotifier({ url: "https://example.com/backups", secret });
 */
export class WebhookNotifier implements Notifier {
  readonly destination: string;
  readonly #options: ResolvedWebhookOptions;

  /** Raises `ConfigurationError` naming the path. */
  constructor(options: WebhookNotifierOptions) {
    this.#options = resolveWebhookOptions(options);
    const { origin, pathname, search } = this.#options.url;
    // of many services the path is the secret; two hooks of one service are told apart by a few digits of its hash
    this.destination = `webhook ${origin} #${createHash("sha256").update(`${pathname}${search}`).digest("hex").slice(0, hashDigits)}`;
  }

  async notify(notification: Notification, { signal }: CallOptions = {}): Promise<void> {
    signal?.throwIfAborted();
    const { url, headers, timeoutMs } = this.#options;
    // what is for people's mailboxes is not for programs
    const { html: _, ...forPrograms } = notification;
    const body = JSON.stringify(forPrograms);
    // loaded when there is something to tell: it would be the slowest part of the engine's own start
    const { Agent, request } = await import("undici");
    const limit = AbortSignal.timeout(timeoutMs);
    const stop = signal === undefined ? limit : AbortSignal.any([signal, limit]);
    // a connection of its own for each message: messages are rare, and an agent that nobody closes would keep the process alive
    const agent = new Agent({ connect: { timeout: timeoutMs }, headersTimeout: timeoutMs, bodyTimeout: timeoutMs, pipelining: 0 });
    try {
      const answer = await request(url, { method: "POST", body, headers: { ...headers, "content-type": "application/json", "user-agent": "holdfast", "holdfast-notification": notification.id, ...this.#signature(body) }, dispatcher: agent, signal: stop });
      await answer.body.dump({ limit: maxAnswerBytes, signal: stop });
      if (answer.statusCode >= 200 && answer.statusCode < 300) return;
      throw this.#refused(answer.statusCode);
    } catch (error) {
      signal?.throwIfAborted();
      throw HoldfastError.isInstance(error) ? error : this.#failed(error, limit.aborted);
    } finally {
      await agent.destroy();
    }
  }

  /** Where messages go. */
  toJSON(): Readonly<Record<string, string>> {
    return { destination: this.destination };
  }

  /** How it prints: never the path or the secret. */
  [inspect.custom](): string {
    return `WebhookNotifier ${this.destination}`;
  }

  #signature(body: string): Readonly<Record<string, string>> {
    const { secret, clock } = this.#options;
    if (secret === undefined) return {};
    const seconds = String(Math.floor(clock.now().getTime() / 1_000));
    return { "holdfast-signature": `t=${seconds},v1=${createHmac("sha256", secret).update(`${seconds}.${body}`).digest("hex")}` };
  }

  #refused(status: number): ProviderError {
    const isRedirect = status >= 300 && status < 400;
    const text = isRedirect ? "it answers with a redirect, which is not followed; give the URL that it leads to" : "look at the receiver's own log, and at the URL, the secret and the headers";
    return new ProviderError(`The message to ${this.destination} was refused with status ${String(status)}: ${text}.`, { code: isRedirect ? "NotificationRedirected" : "NotificationRefused", service: "webhook", operation: "POST", retryable: retryableStatuses.has(status), context: { status } });
  }

  #failed(error: unknown, isTimeout: boolean): ProviderError {
    const code = error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "unknown";
    const text = isTimeout ? `no answer came within ${String(this.#options.timeoutMs / 1_000)} seconds` : `the connection failed (${code})`;
    return new ProviderError(`The message to ${this.destination} could not be sent: ${text}. Check that the receiver runs and can be reached from here.`, { code: isTimeout ? "TimedOut" : "Unreachable", service: "webhook", operation: "POST", retryable: true, context: { reason: code } });
  }
}
