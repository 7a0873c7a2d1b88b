import { ownSignal } from "./own-signal.js";

/** The same options with a signal of their own (`ownSignal`) in place of the caller's. What is no options or no signal is left for who checks them. */
export function withOwnSignal<Options extends { readonly signal?: AbortSignal | undefined }>(options: Options): Options {
  const given: unknown = options;
  if (typeof given !== "object" || given === null || !("signal" in given) || !(given.signal instanceof AbortSignal)) return options;
  return { ...options, signal: ownSignal([given.signal]) };
}
