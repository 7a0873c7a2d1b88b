import { setMaxListeners } from "node:events";

/**
 * A signal of the session's own that aborts, with the same reason, as soon as one of `signals` does. Hundreds of calls listen
 * to it at the same time, on purpose: Node's warning about that many listeners, which the caller's signal would give, is off.
 */
export function ownSignal(signals: readonly (AbortSignal | undefined)[]): AbortSignal {
  const signal = AbortSignal.any(signals.filter((given) => given !== undefined));
  setMaxListeners(0, signal);
  return signal;
}
