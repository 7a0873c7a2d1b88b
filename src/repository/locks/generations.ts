import type { ImmutabilityRules } from "../format/immutability-rules.js";

const dayMs = 86_400_000;

/** The number of the generation that a time lies in; they are counted from 1970-01-01T00:00Z. */
export function generationOf(rules: ImmutabilityRules, atMs: number): number {
  return Math.floor(atMs / (rules.generationDays * dayMs));
}

/** Until when an object that is locked now is locked: to the end of its generation, and the period beyond. */
export function lockEndMs(rules: ImmutabilityRules, atMs: number): number {
  return (generationOf(rules, atMs) + 1) * rules.generationDays * dayMs + rules.periodDays * dayMs;
}

/** Until when all that a point of this time reaches must be locked at least. */
export function protectedUntilMs(rules: ImmutabilityRules, pointMs: number): number {
  return pointMs + rules.periodDays * dayMs;
}
