import * as z from "zod";
import { checkOptions } from "../../options/check-options.js";
import { signalSchema, truth } from "../../options/schemas.js";

/** How packs are compacted. */
export interface CompactOptions {
  /** Says which packs would be rewritten and what that frees, and changes nothing. Default false. */
  readonly dryRun?: boolean | undefined;
  /** Packs of which restore points need at most this share of the bytes are rewritten: above 0, below 1. Default 0.3. */
  readonly maxLiveShare?: number | undefined;
  /** The most packs that one run looks at: what it holds in memory. Default 50,000; the next run looks at others. */
  readonly maxPacks?: number | undefined;
  /** Packs younger than this are left alone. Default 24. */
  readonly graceHours?: number | undefined;
  /** How long to wait for backups under way, in minutes; then the run stops, and what was copied serves the next one. Default 30. */
  readonly waitMinutes?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface ResolvedCompactOptions {
  readonly dryRun: boolean;
  readonly maxLiveShare: number;
  readonly maxPacks: number;
  readonly graceMs: number;
  readonly waitMs: number;
  readonly signal: AbortSignal | undefined;
}

const shareText = "must be a number above 0 and below 1.";
const amount = z.number({ error: "must be a number." }).min(0, "must not be negative.");

const schema = z.strictObject({
  dryRun: truth,
  maxLiveShare: z.number({ error: shareText }).gt(0, shareText).lt(1, shareText).optional(),
  maxPacks: z.int({ error: "must be a whole number." }).min(1, "must be at least 1.").optional(),
  graceHours: amount.optional(),
  waitMinutes: amount.optional(),
  signal: signalSchema,
});

/** Fills in what is not said; raises `ConfigurationError` naming the path. */
export function resolveCompactOptions(options: CompactOptions): ResolvedCompactOptions {
  const { dryRun = false, maxLiveShare = 0.3, maxPacks = 50_000, graceHours = 24, waitMinutes = 30, signal } = checkOptions(options, { of: "a compaction", schema });
  return { dryRun, maxLiveShare, maxPacks, graceMs: graceHours * 3_600_000, waitMs: waitMinutes * 60_000, signal };
}
