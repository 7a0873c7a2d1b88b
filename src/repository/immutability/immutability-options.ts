import { checkOptionNames, invalidOption } from "../../options/option-error.js";
import { daysSchema, maxDays, type ImmutabilityRules } from "../format/immutability-rules.js";

/** How long what a restore point needs is kept from deletion and change. */
export interface ImmutabilityOptions {
  /** `COMPLIANCE`: by nobody, the account's root user included. `GOVERNANCE`: only by who has `s3:BypassGovernanceRetention`. Never changed afterwards. */
  readonly mode: "GOVERNANCE" | "COMPLIANCE";
  /** For how many days after its time each restore point is protected. Default 30, at most 36,500. */
  readonly periodDays?: number | undefined;
  /**
   * How many days share one lock: locks end with the generation's end plus the period, so that an object is extended at most
   * once per generation. Longer ones cost fewer requests and lock for longer. Default a fifth of the period, at least 10.
   */
  readonly generationDays?: number | undefined;
}

const defaultPeriodDays = 30;
const minDefaultGenerationDays = 10;
/** A fifth: what is locked beyond its need is at most a fifth of the period, and each object is extended about five times in it. */
const generationsPerPeriod = 5;
/** Fills in what is not said; raises `ConfigurationError` naming the path. */
export function resolveImmutability(given: unknown): ImmutabilityRules | undefined {
  if (given === undefined) return undefined;
  checkOptionNames(given, ["mode", "periodDays", "generationDays"], "immutability", "immutability");
  const { mode, periodDays = defaultPeriodDays, generationDays } = given as Partial<Record<keyof ImmutabilityOptions, unknown>>;
  if (mode !== "GOVERNANCE" && mode !== "COMPLIANCE") throw invalidOption("immutability.mode", mode, 'must be "GOVERNANCE" or "COMPLIANCE".');
  const period = checkDays("immutability.periodDays", periodDays);
  const generation = generationDays ?? Math.max(minDefaultGenerationDays, Math.ceil(period / generationsPerPeriod));
  return { mode, periodDays: period, generationDays: checkDays("immutability.generationDays", generation) };
}

/** Checks a number of days. */
export function checkDays(path: string, value: unknown): number {
  if (typeof value !== "number" || !daysSchema.safeParse(value).success) throw invalidOption(path, value, `must be a whole number of days from 1 to ${String(maxDays)}.`);
  return value;
}
