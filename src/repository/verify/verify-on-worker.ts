import * as z from "zod";
import { printable } from "../../printing/printable.js";
import { handOver } from "../hand-over.js";
import type { RepositoryContext } from "../repository-context.js";
import { checkOpening } from "./check-objects.js";
import { Verification } from "./verification.js";
import { printVerifyReport } from "./print-verify-report.js";
import type { ResolvedVerifyOptions, VerifyReport } from "./verify-options.js";
import { damagedReport, readReport } from "../workers/read-report.js";
import type { RepositoryWorkers } from "../workers/repository-workers.js";

const count = z.int().min(0);
const range = z.looseObject({ volumeId: z.string(), firstBlock: count, lastBlock: count });
/** A worker's report of a verification. */
const verifyReport = z.looseObject({
  level: z.enum(["metadata", "presence", "data"]),
  isHealthy: z.boolean(),
  isComplete: z.boolean(),
  startedAt: z.iso.datetime(),
  restorePoints: count,
  packs: count,
  checkedPacks: count,
  readPacks: count,
  readBytes: count,
  checkedBlocks: count,
  unreadPacks: count,
  relocatedPacks: count,
  quarantinedPacks: count,
  findings: z.array(z.looseObject({ object: z.string(), kind: z.enum(["configuration", "keySlot", "restorePoint", "record", "blockMap", "pack", "index"]), problem: z.string(), endangers: z.string(), restorePoints: z.array(z.string()), blocks: z.array(range) })),
  omittedFindings: count,
});
const verifyProgress = z.looseObject({ phase: z.enum(["points", "presence", "data", "damage"]), done: count, total: count.optional(), readBytes: count });

/** Has a worker verify the repository. What opens it is looked at here, too: an owner can tell the slots of owners from others, which a worker's keys cannot. */
export async function verifyOnWorker(context: RepositoryContext, workers: RepositoryWorkers, options: ResolvedVerifyOptions): Promise<VerifyReport> {
  const { level, sample, budget, since, quarantine, onProgress, signal } = options;
  const repository = handOver(context, "restore");
  const opening = new Verification(context, options);
  await checkOpening(opening);
  const report: VerifyReport = readReport(
    verifyReport,
    await workers.workInRepository({
      work: { kind: "verify", options: { level, sample, quarantine, ...(budget !== undefined && { budget }), ...(since !== undefined && { since: since.toISOString() }) } },
      repository,
      signal,
      onEvent: ({ type: _, ...said }) => {
        const progress = verifyProgress.safeParse(said);
        if (progress.success) onProgress?.(progress.data);
      },
    }),
    "a verification",
  );
  if (report.level !== level) throw damagedReport(`is of the level ${report.level}, and its task was ${level}`);
  if (report.isHealthy && (report.omittedFindings > 0 || report.findings.some(({ kind }) => kind !== "index"))) throw damagedReport("calls healthy what it lists as damaged");
  const known = new Set(report.findings.map(({ object }) => object));
  const own = opening.findings.list().filter(({ object }) => !known.has(object));
  return printable<VerifyReport>({ ...report, isHealthy: report.isHealthy && opening.findings.isHealthy, findings: [...own, ...report.findings] }, printVerifyReport);
}
