import * as z from "zod";
import { checkOptions } from "../options/check-options.js";
import { dateSchema, signalSchema, truth } from "../options/schemas.js";
import type { SignalOptions } from "../repository/repository-context.js";
import { complianceSchema, type ComplianceOptions } from "./compliance/compliance-options.js";

/** One run's own options. */
export interface RunOptions {
  readonly signal?: AbortSignal | undefined;
  /** Reads all blocks even where the changes could be told; what the repository holds is not stored again. */
  readonly full?: boolean | undefined;
}

/** What is asked about a policy and the `others` that protect beside it. */
export interface CoverageOptions<Other> extends SignalOptions {
  readonly others?: readonly Other[] | undefined;
}

/** What an evaluation of controls takes. */
export interface EvaluationOptions<Other> extends CoverageOptions<Other> {
  /** In place of those that the policy names. */
  readonly controls?: ComplianceOptions | undefined;
}

const schema = z.strictObject({ signal: signalSchema, full: truth });
const coverageSchema = z.strictObject({ others: z.custom<readonly unknown[]>((value) => Array.isArray(value), "must be a list of policies.").optional(), signal: signalSchema });
const evaluationSchema = coverageSchema.extend({ controls: complianceSchema.optional() });
const reportSchema = z.strictObject({ since: dateSchema.optional(), signal: signalSchema });
const nextSchema = z.strictObject({ after: dateSchema.optional() });

export function resolveRunOptions(options: RunOptions): RunOptions {
  return checkOptions<RunOptions>(options, { of: "a policy's run", schema });
}

export function checkCoverage(options: CoverageOptions<unknown>): CoverageOptions<unknown> {
  return checkOptions(options, { of: "this call", schema: coverageSchema });
}

export function checkEvaluation(options: EvaluationOptions<unknown>): EvaluationOptions<unknown> {
  return checkOptions(options, { of: "an evaluation of controls", schema: evaluationSchema });
}

export function checkReport(options: SignalOptions & { readonly since?: Date | undefined }): SignalOptions & { readonly since?: Date | undefined } {
  return checkOptions<SignalOptions & { readonly since?: Date | undefined }>(options, { of: "a report", schema: reportSchema });
}

export function checkNext(options: { readonly after?: Date | undefined }): { readonly after?: Date | undefined } {
  return checkOptions<{ readonly after?: Date | undefined }>(options, { of: "the next runs", schema: nextSchema });
}
