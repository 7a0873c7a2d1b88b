import * as z from "zod";
import { checkOptions } from "../../options/check-options.js";
import { signalSchema, truth } from "../../options/schemas.js";
import { workersElsewhere, workersSchema, type RepositoryWorkers } from "../workers/repository-workers.js";

/** How garbage is collected. */
export interface CollectOptions {
  /** Says what would be freed and kept, and changes nothing. Default false. */
  readonly dryRun?: boolean | undefined;
  /** Packs younger than this stay: what a run that was cut short has stored, the next one finds. Default 24. */
  readonly graceHours?: number | undefined;
  /** A volume's part of a point that was never finished stays this long for the next backup to grow from. Default 14. */
  readonly orphanDays?: number | undefined;
  /** The share of the stored bytes, above 0 up to 1, that one collection may free without being asked; it stops before if there is more. Default 0.2; less than 10 GiB is always freed. */
  readonly maxFreedShare?: number | undefined;
  /** How long to wait for backups under way, in minutes; then the collection stops, and the next one goes on with it. Default 30. */
  readonly waitMinutes?: number | undefined;
  /** Has a worker on EC2 collect, in the region of the repository: a `WorkerPool`. Default: this process does. */
  readonly workers?: RepositoryWorkers | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface ResolvedCollectOptions {
  readonly dryRun: boolean;
  readonly graceMs: number;
  readonly orphanMs: number;
  readonly maxFreedShare: number;
  readonly waitMs: number;
  /** Those on other machines. */
  readonly workers: RepositoryWorkers | undefined;
  readonly signal: AbortSignal | undefined;
}

const hourMs = 3_600_000;
const minuteMs = 60_000;
const amount = z.number({ error: "must be a number." }).min(0, "must not be negative.");

const schema = z.strictObject({
  dryRun: truth,
  graceHours: amount.optional(),
  orphanDays: amount.optional(),
  maxFreedShare: z.number({ error: "must be a number above 0 and at most 1." }).gt(0, "must be above 0.").max(1, "must be at most 1.").optional(),
  waitMinutes: amount.optional(),
  workers: workersSchema,
  signal: signalSchema,
});

/** Fills in what is not said; raises `ConfigurationError` naming the path. */
export function resolveCollectOptions(options: CollectOptions): ResolvedCollectOptions {
  const { dryRun = false, graceHours = 24, orphanDays = 14, maxFreedShare = 0.2, waitMinutes = 30, workers, signal } = checkOptions(options, { of: "a collection", schema });
  return { dryRun, graceMs: graceHours * hourMs, orphanMs: orphanDays * 24 * hourMs, maxFreedShare, waitMs: waitMinutes * minuteMs, workers: workersElsewhere(workers), signal };
}
