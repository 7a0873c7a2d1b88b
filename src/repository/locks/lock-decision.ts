import type { ObjectLock } from "../../ports/index.js";
import { lockEndMs, protectedUntilMs } from "./generations.js";
import type { ImmutabilityRules } from "../format/immutability-rules.js";

/** What is done about the lock of an object that a point reaches, and why. */
export type LockDecision =
  | { readonly action: "keep"; readonly lockedUntilMs: number; readonly reason: "known-to-last" | "found-to-last" }
  | { readonly action: "look"; readonly reason: "may-end-too-soon" }
  | { readonly action: "extend"; readonly lock: ObjectLock; readonly reason: "never-locked" | "ends-too-soon" };

/**
 * What the repository's own notes say: an object whose lock is known to last needs no request. They may lag behind the truth
 * (another stream has extended it), never run ahead of it, since locks are not shortened.
 */
export function decideByNotes(rules: ImmutabilityRules, pointMs: number, notedUntilMs: number): LockDecision {
  if (notedUntilMs >= protectedUntilMs(rules, pointMs)) return { action: "keep", lockedUntilMs: notedUntilMs, reason: "known-to-last" };
  return { action: "look", reason: "may-end-too-soon" };
}

/** What the store says: only a lock that ends too soon is extended, to where every other point of this generation needs it; never to less, nor to a weaker mode. */
export function decideByStore(rules: ImmutabilityRules, pointMs: number, found: ObjectLock | undefined): LockDecision {
  const foundMs = found?.until.getTime() ?? 0;
  if (found !== undefined && foundMs >= protectedUntilMs(rules, pointMs) && isAtLeast(found.mode, rules.mode)) return { action: "keep", lockedUntilMs: foundMs, reason: "found-to-last" };
  const until = new Date(Math.max(foundMs, lockEndMs(rules, pointMs)));
  const mode = found !== undefined && isAtLeast(found.mode, rules.mode) ? found.mode : rules.mode;
  return { action: "extend", lock: { mode, until }, reason: found === undefined ? "never-locked" : "ends-too-soon" };
}

/** Whether a lock's mode is as strict as another. */
export function isAtLeast(mode: ObjectLock["mode"], wanted: ObjectLock["mode"]): boolean {
  return mode === "COMPLIANCE" || wanted === "GOVERNANCE";
}
