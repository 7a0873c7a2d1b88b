import * as z from "zod";
import type { CollectOptions } from "./collect-options.js";
import type { CollectReport } from "./collect-report.js";
import { handOver } from "../hand-over.js";
import type { RepositoryContext } from "../repository-context.js";
import { damagedReport, readReport } from "../workers/read-report.js";
import type { RepositoryWorkers } from "../workers/repository-workers.js";

const count = z.int().min(0);
const amount = z.looseObject({ packs: count, bytes: count });
const swept = z.looseObject({ isDryRun: z.boolean(), hasVersions: z.boolean(), removedVersions: count, removedDeleteMarkers: count, removedBytes: count, lockedVersions: count, youngVersions: count });
/** A worker's report of a collection. JSON leaves out what is not known. */
const collectReport = z.looseObject({
  dryRun: z.boolean(),
  status: z.enum(["done", "waiting", "nothing", "elsewhere"]),
  epoch: count.optional(),
  stored: amount.optional(),
  freed: amount,
  kept: z.partialRecord(z.enum(["young", "session", "locked", "minimum storage"]), amount),
  swept: swept.optional(),
  rescued: count,
  retiredRecords: count,
  orphans: count,
  fencedSessions: count,
});

/** Has a worker free what no restore point needs. It gets the keys by which one sees what is reached, and none that reads data or names. */
export async function collectOnWorker(context: RepositoryContext, workers: RepositoryWorkers, { workers: _, signal, ...options }: CollectOptions): Promise<CollectReport> {
  const said = await workers.workInRepository({ work: { kind: "collect", options }, repository: handOver(context, "collector"), signal });
  const report = readReport(collectReport, said, "a collection");
  if (report.dryRun !== (options.dryRun ?? false)) throw damagedReport(`is of one that ${report.dryRun ? "only looked" : "deleted"}, and its task was another`);
  return { epoch: undefined, stored: undefined, swept: undefined, ...report };
}
