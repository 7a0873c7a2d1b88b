import { checkLaunchFault, isLaunchKind, LAUNCH_KINDS } from "./launch-fault.js";
import type { LaunchFaultKind } from "./launch-fault.js";

/** Which calls a fault meets, and how often. */
export interface FaultTarget {
  /** The service's signing name, e.g. `ebs`; every service by default. */
  readonly service?: string;
  /** The operation, e.g. `GetSnapshotBlock`; every operation by default. */
  readonly operation?: string;
  /** The chance that a matching call is met, 0 to 1; 1 by default. */
  readonly probability?: number;
  /** After how many met calls the fault is over; never by default. */
  readonly times?: number;
  /** How many matching calls go by untouched first; none by default. */
  readonly after?: number;
}

/** What happens to a call. */
export type FaultKind =
  /** The service's throttling error. `scope: "resource"` gives the one that EBS answers for a single snapshot. */
  | { readonly kind: "throttle"; readonly scope?: "account" | "resource" }
  /** An error: an internal one, or the given one. */
  | { readonly kind: "error"; readonly code?: string; readonly status?: number; readonly message?: string }
  /** The operation begins `ms` milliseconds later. */
  | { readonly kind: "latency"; readonly ms: number }
  /** The connection is reset: before anything is answered, or in the middle of the answer's body. */
  | { readonly kind: "reset"; readonly when?: "before" | "body" }
  /** The answer's body ends too early, under the right Content-Length. */
  | { readonly kind: "truncate" }
  /** One bit of the answer's body is flipped. */
  | { readonly kind: "corrupt" }
  /** One bit of the request's body is flipped on its way in. */
  | { readonly kind: "corrupt-request" }
  /** Nothing is sent for `ms` milliseconds: before the answer, or in the middle of its body. */
  | { readonly kind: "stall"; readonly ms: number; readonly when?: "before" | "body" }
  /** The operation is done, and its answer is lost. */
  | { readonly kind: "lost-response" }
  | LaunchFaultKind;

/** A fault to inject. */
export type FaultOptions = FaultTarget & FaultKind;

const KINDS = ["throttle", "error", "latency", "reset", "truncate", "corrupt", "corrupt-request", "stall", "lost-response", ...LAUNCH_KINDS];
const MAX_STATUS = 599;

/** Raises a `TypeError` that names the option which is wrong. */
export function checkFaultOptions(options: FaultOptions): void {
  if (!KINDS.includes(options.kind)) throw wrong("kind", options.kind, `one of ${KINDS.join(", ")}`);
  if (isLaunchKind(options)) checkLaunchFault(options);
  const { probability, times, after } = options;
  if (probability !== undefined && !(probability >= 0 && probability <= 1)) throw wrong("probability", probability, "from 0 to 1");
  if (times !== undefined && !(Number.isInteger(times) && times > 0)) throw wrong("times", times, "a whole number above 0");
  if (after !== undefined && !(Number.isInteger(after) && after >= 0)) throw wrong("after", after, "a whole number, 0 or more");
  if ((options.kind === "latency" || options.kind === "stall") && !(options.ms >= 0)) throw wrong("ms", options.ms, "milliseconds, 0 or more");
  if (options.kind === "error" && options.status !== undefined && !(options.status >= 400 && options.status <= MAX_STATUS)) {
    throw wrong("status", options.status, "an HTTP status from 400 to 599");
  }
}

function wrong(name: string, value: unknown, remedy: string): TypeError {
  return new TypeError(`The fault's option ${name} is ${JSON.stringify(value)}: it must be ${remedy}.`);
}
