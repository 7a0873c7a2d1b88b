import { checkOptionNames, invalidOption } from "../../../options/option-error.js";

/** How long and how often calls to AWS are tried, and how much is asked of it. */
export interface AwsLimits {
  /** Attempts of a call that meets a broken connection, a failing server or a damaged answer (default 8). Being throttled does not count. */
  readonly maxAttempts?: number | undefined;
  /** The longest first wait; each further one may be twice as long (default 100). What is waited is drawn from zero to that (full jitter). */
  readonly baseDelayMs?: number | undefined;
  /** The longest wait between two attempts (default 20,000). */
  readonly maxDelayMs?: number | undefined;
  /** After how long a call is not tried again, whatever the reason (default 300,000). */
  readonly totalTimeoutMs?: number | undefined;
  /** How long one attempt may take, its body included (default 300,000). */
  readonly attemptTimeoutMs?: number | undefined;
  /** How long a connection may take to stand (default 10,000). */
  readonly connectTimeoutMs?: number | undefined;
  /** How long AWS may take to begin its answer (default 30,000). */
  readonly firstByteTimeoutMs?: number | undefined;
  /** How long an answer may stand still (default 30,000). */
  readonly bodyIdleTimeoutMs?: number | undefined;
  /** Connections to one endpoint at the same time (default 256). */
  readonly maxConnections?: number | undefined;
  /**
   * Requests of EBS direct and S3 a second, together, in each region (default: no cap). Below a cap, and where AWS throttles, each
   * session gets an equal share.
   */
  readonly maxRequestsPerSecond?: number | undefined;
  /** The same requests under way at the same time (default: as many as the rate needs at the latency there is). */
  readonly maxRequestsInFlight?: number | undefined;
  /** Bytes of blocks and objects, sent and received together, a second in each region (default: no cap): for lines that are paid for, or shared. */
  readonly maxBytesPerSecond?: number | undefined;
}

export type ResolvedAwsLimits = { readonly [Name in keyof AwsLimits]-?: number };

const defaults: ResolvedAwsLimits = {
  maxAttempts: 8,
  baseDelayMs: 100,
  maxDelayMs: 20_000,
  totalTimeoutMs: 300_000,
  attemptTimeoutMs: 300_000,
  connectTimeoutMs: 10_000,
  firstByteTimeoutMs: 30_000,
  bodyIdleTimeoutMs: 30_000,
  maxConnections: 256,
  maxRequestsPerSecond: Number.POSITIVE_INFINITY,
  maxRequestsInFlight: Number.POSITIVE_INFINITY,
  maxBytesPerSecond: Number.POSITIVE_INFINITY,
};

const caps: ReadonlySet<string> = new Set(["maxRequestsPerSecond", "maxRequestsInFlight", "maxBytesPerSecond"]);

/** Fills in defaults; raises `ConfigurationError` naming the path of a limit that is none. */
export function resolveAwsLimits(limits: AwsLimits = {}): ResolvedAwsLimits {
  checkOptionNames(limits, Object.keys(defaults), "limits", "limits");
  const isDelay = (name: string): boolean => name === "baseDelayMs" || name === "maxDelayMs";
  for (const [name, value] of Object.entries(limits)) {
    // what `resolve` gave may be given again
    if (value === undefined || (value === Number.POSITIVE_INFINITY && caps.has(name))) continue;
    if (typeof value !== "number" || !Number.isSafeInteger(value) || value < (isDelay(name) ? 0 : 1)) throw invalidOption(`limits.${name}`, value, `must be a whole number, ${isDelay(name) ? "0" : "1"} or more.`);
  }
  const given = Object.fromEntries(Object.entries(limits).filter(([, value]) => value !== undefined));
  return { ...defaults, ...given };
}
