import * as z from "zod";
import { handOver } from "../hand-over.js";
import type { RepositoryContext } from "../repository-context.js";
import { checkOpening } from "./check-objects.js";
import { Verification } from "./verification.js";
import type { ResolvedVerifyOptions, VerifyProgress, VerifyReport } from "./verify-options.js";
import { readReport } from "../workers/read-report.js";
import type { RepositoryWorkers } from "../workers/repository-workers.js";

/** What the engine relies on in a worker's report of a verification; the rest is passed on. */
const verifyReport = z.looseObject({
  level: z.enum(["metadata", "presence", "data"]),
  isHealthy: z.boolean(),
  isComplete: z.boolean(),
  startedAt: z.string(),
  findings: z.array(z.looseObject({ object: z.string(), kind: z.string(), problem: z.string(), endangers: z.string(), restorePoints: z.array(z.string()), blocks: z.array(z.looseObject({})) })),
});

/** Has a worker verify the repository. What opens it is looked at here, too: an owner can tell the slots of owners from others, which a worker's keys cannot. */
export async function verifyOnWorker(context: RepositoryContext, workers: RepositoryWorkers, options: ResolvedVerifyOptions): Promise<VerifyReport> {
  const { level, sample, budget, since, quarantine, onProgress, signal } = options;
  const repository = handOver(context, "restore");
  const opening = new Verification(context, options);
  await checkOpening(opening);
  const report = readReport(
    verifyReport,
    await workers.workInRepository({
      work: { kind: "verify", options: { level, sample, quarantine, ...(budget !== undefined && { budget }), ...(since !== undefined && { since: since.toISOString() }) } },
      repository,
      signal,
      onEvent: ({ type: _, ...progress }) => onProgress?.(progress as unknown as VerifyProgress),
    }),
    "a verification",
  ) as unknown as VerifyReport;
  const known = new Set(report.findings.map(({ object }) => object));
  const own = opening.findings.list().filter(({ object }) => !known.has(object));
  return { ...report, isHealthy: report.isHealthy && opening.findings.isHealthy, findings: [...own, ...report.findings] };
}
