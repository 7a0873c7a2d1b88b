import { checkOptionNames, optionError } from "../../options/option-error.js";
import type { Clock } from "../../ports/index.js";
import { systemClock } from "../../system/index.js";

/** Where a web hook is, and how its messages are signed. */
export interface WebhookNotifierOptions {
  /** `https:` or `http:`, without user and password. It is called as it stands, from wherever the engine runs: take it from nobody who must not reach what the engine reaches. */
  readonly url: string;
  /** Signs each message, so that the receiver knows it to be from here: 16 characters or more. */
  readonly secret?: string | undefined;
  /** Further headers, such as an authorisation. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** For one message, from the connection to the end of the answer: 1 to 120. Default: 10. */
  readonly timeoutSeconds?: number | undefined;
  readonly clock?: Clock | undefined;
}

export interface ResolvedWebhookOptions {
  readonly url: URL;
  readonly secret: string | undefined;
  readonly headers: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  readonly clock: Clock;
}

const known = ["url", "secret", "headers", "timeoutSeconds", "clock"];
const leastSecretCharacters = 16;
const maxTimeoutSeconds = 120;
const defaultTimeoutSeconds = 10;
/** Headers that this class sets, or that belong to the connection. */
const ownHeaders = /^(host|content-.*|transfer-encoding|connection|upgrade|expect|te|trailer|user-agent|holdfast-.*)$/i;

export function resolveWebhookOptions(options: WebhookNotifierOptions): ResolvedWebhookOptions {
  checkOptionNames(options, known, "a web hook");
  const { url, secret, headers = {}, timeoutSeconds = defaultTimeoutSeconds, clock = systemClock } = options;
  const parsed = typeof url === "string" && URL.canParse(url) ? new URL(url) : undefined;
  // the url itself may hold a token: no message repeats it
  if (parsed === undefined || !["https:", "http:"].includes(parsed.protocol)) throw optionError("url", "must be an https or http URL.");
  if (parsed.username !== "" || parsed.password !== "") throw optionError("url", "must be without user and password; give an authorisation in headers.");
  if (secret !== undefined && (typeof secret !== "string" || secret.length < leastSecretCharacters)) throw optionError("secret", `must be a text of ${String(leastSecretCharacters)} characters or more.`);
  const givenHeaders: unknown = headers;
  if (typeof givenHeaders !== "object" || givenHeaders === null) throw optionError("headers", "must be an object of names and values.");
  for (const [name, value] of Object.entries(headers)) {
    if (!/^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/.test(name) || ownHeaders.test(name)) throw optionError(`headers.${name}`, "is no header that can be set here.");
    if (typeof value !== "string" || /[^\t\x20-\x7e]/.test(value)) throw optionError(`headers.${name}`, "must be a text of printable ASCII characters.");
  }
  if (typeof timeoutSeconds !== "number" || !(timeoutSeconds >= 1 && timeoutSeconds <= maxTimeoutSeconds)) throw optionError("timeoutSeconds", `must be a number from 1 to ${String(maxTimeoutSeconds)}.`);
  return { url: parsed, secret, headers: { ...headers }, timeoutMs: timeoutSeconds * 1_000, clock };
}
