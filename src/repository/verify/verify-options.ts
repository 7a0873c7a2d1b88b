import * as z from "zod";
import { checkOptions } from "../../options/check-options.js";
import { dateSchema, functionSchema, signalSchema, truth } from "../../options/schemas.js";
import { workersSchema, type RepositoryWorkers } from "../workers/repository-workers.js";

/** How deep a verification goes. */
export type VerifyLevel = "metadata" | "presence" | "data";

/** What a verification may cost. It stops before it begins a pack beyond; what was not reached comes first the next time. */
export interface VerifyBudget {
  /** Bytes of packs to read. */
  readonly bytes?: number | undefined;
  readonly durationMs?: number | undefined;
}

/** How far a verification is. */
export interface VerifyProgress {
  /** `points`: opening records and maps. `presence`: asking for packs. `data`: reading packs. `damage`: finding out who needs what is damaged. */
  readonly phase: "points" | "presence" | "data" | "damage";
  /** Restore points or packs done in this phase. */
  readonly done: number;
  /** Of how many, where that is known. */
  readonly total?: number | undefined;
  readonly readBytes: number;
}

/** How far a verification goes. */
export interface VerifyOptions {
  /** `metadata`: every record and page opens. `presence`: and every pack is there in its size. `data`: and every frame opens and is the block its id says. */
  readonly level: VerifyLevel;
  /** At level `data`: the share of the packs to read, above 0 up to 1, those that were not read for longest first. Default 1. */
  readonly sample?: number | undefined;
  /** At level `data`: what reading packs may cost. No bound by default. */
  readonly budget?: VerifyBudget | undefined;
  /** At level `data`: packs that were read and right at or after this time are not read again. The `startedAt` of a verification that was cut short goes on with it. */
  readonly since?: Date | undefined;
  /**
   * Whether damaged packs are put into quarantine, so that no backup builds on them and the next one heals them, whether it
   * is kept when each pack was verified, and whether the verification leaves a record. Default true; `false` writes nothing, for who may only read.
   */
  readonly quarantine?: boolean | undefined;
  /** Has a worker on EC2 verify, in the region of the repository: a `WorkerPool`. Progress is told every few seconds then. Default: this process does. */
  readonly workers?: RepositoryWorkers | undefined;
  /** Called after each restore point and pack. */
  readonly onProgress?: ((progress: VerifyProgress) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What kind of object a finding is about. */
export type VerifyObjectKind = "configuration" | "keySlot" | "restorePoint" | "record" | "blockMap" | "pack" | "index";

/** Blocks of a volume, first and last included. */
export interface VerifyBlockRange {
  readonly volumeId: string;
  readonly firstBlock: number;
  readonly lastBlock: number;
}

/** Something that is stored and is not as it must be. */
export interface VerifyFinding {
  readonly object: string;
  readonly kind: VerifyObjectKind;
  readonly problem: string;
  /** What is lost, or may be, in a sentence. */
  readonly endangers: string;
  /** The ids of the restore points that need what is damaged; where no point needs that part, of those that need the object. */
  readonly restorePoints: readonly string[];
  /** Which blocks of those points cannot be restored, where that can be told; at most 1,000 ranges. */
  readonly blocks: readonly VerifyBlockRange[];
}

/** What a verification saw. JSON. */
export interface VerifyReport {
  readonly level: VerifyLevel;
  /** Every restore point can be restored and the repository can be opened, as far as was looked at. A damaged part of the index, which is a cache, is a finding and no disease. */
  readonly isHealthy: boolean;
  /** Whether all was looked at that was asked for; `false` where the budget ended before. */
  readonly isComplete: boolean;
  readonly startedAt: string;
  readonly restorePoints: number;
  readonly packs: number;
  /** Packs that were found in their size, or read. */
  readonly checkedPacks: number;
  /** Packs whose every byte was read. */
  readonly readPacks: number;
  readonly readBytes: number;
  /** Blocks that were opened in them. */
  readonly checkedBlocks: number;
  /** Packs left for another time by the budget, by `sample`, or because the restore point that told of them was removed meanwhile. */
  readonly unreadPacks: number;
  /** Packs that are gone or damaged and for whose needed blocks relocations name other places. */
  readonly relocatedPacks: number;
  /** Packs put into quarantine, or known to be there and still damaged. */
  readonly quarantinedPacks: number;
  readonly findings: readonly VerifyFinding[];
  /** Damaged objects beyond the first 10,000, which are not listed. */
  readonly omittedFindings: number;
}

/** The options with what is not said filled in. */
export interface ResolvedVerifyOptions extends VerifyOptions {
  readonly sample: number;
  readonly quarantine: boolean;
}

const shareText = "must be above 0 and at most 1.";
const budgetText = "must be a number of at least 0.";
const bound = z.number({ error: budgetText }).min(0, budgetText).optional();
const schema = z.strictObject({
  level: z.enum(["metadata", "presence", "data"], { error: 'must be "metadata", "presence" or "data".' }),
  sample: z.number({ error: shareText }).gt(0, shareText).max(1, shareText).default(1),
  budget: z.strictObject({ bytes: bound, durationMs: bound }).optional(),
  since: dateSchema.optional(),
  quarantine: truth.default(true),
  workers: workersSchema,
  onProgress: functionSchema<NonNullable<VerifyOptions["onProgress"]>>(),
  signal: signalSchema,
});

/** Checks the options; raises `ConfigurationError` naming the path. */
export function checkVerifyOptions(options: VerifyOptions): ResolvedVerifyOptions {
  return checkOptions<ResolvedVerifyOptions>(options, { of: "a verification", schema });
}
