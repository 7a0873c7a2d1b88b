import { inspect } from "node:util";
import { ConfigurationError, HoldfastError, ProviderError } from "../../errors/index.js";
import type { CallOptions, Notification, Notifier } from "../../ports/index.js";
import { resolveEmailOptions, type EmailNotifierOptions, type ResolvedEmailOptions } from "./email-options.js";
import { openMailTransport, type MailTransport } from "./load-nodemailer.js";

/** SMTP's own: from here on the server refuses for good (RFC 5321, 4.2.1). */
const firstPermanentReply = 500;

/**
 * Sends messages as e-mails, by SMTP. Needs the optional package `nodemailer`.
 *
 * @example
 * const mail = new EmailNotifier({ host: "smtp.example.com", user: "backup", password, from: "backup@example.com", to: "operations@example.com" });
 */
export class EmailNotifier implements Notifier {
  readonly destination: string;
  readonly #options: ResolvedEmailOptions;

  /** Raises `ConfigurationError` naming the path. */
  constructor(options: EmailNotifierOptions) {
    this.#options = resolveEmailOptions(options);
    this.destination = `e-mail to ${this.#options.to.join(", ")}`;
  }

  async notify(notification: Notification, { signal }: CallOptions = {}): Promise<void> {
    signal?.throwIfAborted();
    const transport = await this.#open();
    let giveUp = (): void => undefined;
    const aborted = new Promise<never>((_, reject) => {
      giveUp = () => reject(signal?.reason as Error);
      signal?.addEventListener("abort", giveUp, { once: true });
    });
    const sent = this.#send(transport, notification);
    // after an abort nobody waits for it any more
    sent.catch(() => undefined);
    aborted.catch(() => undefined);
    try {
      await Promise.race([sent, aborted]);
    } finally {
      signal?.removeEventListener("abort", giveUp);
      transport.close();
    }
  }

  /** Where messages go. */
  toJSON(): Readonly<Record<string, string>> {
    return { destination: this.destination };
  }

  /** How it prints: never the password. */
  [inspect.custom](): string {
    return `EmailNotifier ${this.destination} by ${this.#options.host}:${String(this.#options.port)}`;
  }

  async #open(): Promise<MailTransport> {
    const { host, port, security, login, timeoutMs, ca } = this.#options;
    return await openMailTransport({
      host,
      port,
      secure: security === "tls",
      requireTLS: security === "starttls",
      ignoreTLS: security === "none",
      ...(login !== undefined && { auth: { user: login.user, pass: await login.password() } }),
      ...(ca !== undefined && { tls: { ca } }),
      connectionTimeout: timeoutMs,
      greetingTimeout: timeoutMs,
      socketTimeout: timeoutMs,
      // a message is what it says, and never a file or an address to be fetched
      disableFileAccess: true,
      disableUrlAccess: true,
    });
  }

  async #send(transport: MailTransport, { id, type, subject, text, html, at }: Notification): Promise<void> {
    const { from, to } = this.#options;
    try {
      const { rejected } = await transport.sendMail({
        from,
        to: [...to],
        subject,
        text,
        ...(html !== undefined && { html }),
        date: new Date(at),
        messageId: `<${id}@${from.slice(from.lastIndexOf("@") + 1)}>`,
        // no answer by machines (RFC 3834)
        headers: { "Auto-Submitted": "auto-generated", "X-Holdfast-Type": type },
      });
      if (rejected.length === 0) return;
      throw new ProviderError(`The mail server ${this.#options.host} took the message, but not for ${String(rejected.length)} of ${String(to.length)} addresses. Correct the addresses.`, { code: "RecipientsRefused", service: "smtp", operation: "RCPT" });
    } catch (error) {
      throw HoldfastError.isInstance(error) ? error : this.#failed(error);
    }
  }

  /** What the server said is told only where it cannot repeat a password. */
  #failed(error: unknown): HoldfastError {
    const { host, port } = this.#options;
    const { code, responseCode, response } = factsOf(error);
    const server = `The mail server ${host}:${String(port)}`;
    const cause = new Error(code);
    if (code === "EAUTH" || code === "ENOAUTH") return new ConfigurationError(`${server} does not take user and password${responseCode === undefined ? "" : ` (${String(responseCode)})`}. Correct user and password.`, { code: "LoginRefused", context: { host }, cause });
    if (code === "ETLS") return new ConfigurationError(`${server} cannot speak TLS as it is asked to. Check the port and \`security\`, and its certificate.`, { code: "InsecureServer", context: { host }, cause });
    if (responseCode === undefined) return new ProviderError(`${server} could not be spoken to (${code}). Check host, port, security and the network.`, { code: code === "ETIMEDOUT" ? "TimedOut" : "Unreachable", service: "smtp", operation: "connect", retryable: true, cause });
    return new ProviderError(`${server} refused the message with ${String(responseCode)}${response === undefined ? "" : `: ${response}`}. Look at the addresses and at the server's rules.`, { code: "NotificationRefused", service: "smtp", operation: "send", retryable: responseCode < firstPermanentReply, cause });
  }
}

function factsOf(error: unknown): { readonly code: string; readonly responseCode: number | undefined; readonly response: string | undefined } {
  const { code, responseCode, response } = (error ?? {}) as { readonly code?: unknown; readonly responseCode?: unknown; readonly response?: unknown };
  return {
    code: typeof code === "string" ? code : "unknown",
    responseCode: typeof responseCode === "number" ? responseCode : undefined,
    response: typeof response === "string" ? (response.split(/\r?\n/)[0] ?? "").slice(0, 200) : undefined,
  };
}
