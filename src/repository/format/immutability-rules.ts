import * as z from "zod";

/** What an immutable repository promises, as its `holdfast.json` says. */
export interface ImmutabilityRules {
  readonly mode: "GOVERNANCE" | "COMPLIANCE";
  readonly periodDays: number;
  readonly generationDays: number;
}

/** S3's own bound of a retention (Amazon S3 user guide, "Object Lock considerations"): 100 years. */
export const maxDays = 36_500;

export const daysSchema = z.int().min(1).max(maxDays);

/** As `holdfast.json` holds them. */
export const immutabilityRulesSchema = z.strictObject({ mode: z.enum(["GOVERNANCE", "COMPLIANCE"]), periodDays: daysSchema, generationDays: daysSchema });
