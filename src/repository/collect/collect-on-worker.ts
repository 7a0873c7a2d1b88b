import * as z from "zod";
import type { CollectOptions } from "./collect-options.js";
import type { CollectReport } from "./collect-report.js";
import { handOver } from "../hand-over.js";
import type { RepositoryContext } from "../repository-context.js";
import { readReport } from "../workers/read-report.js";
import type { RepositoryWorkers } from "../workers/repository-workers.js";

/** What the engine relies on in a worker's report of a collection; the rest is passed on. */
const collectReport = z.looseObject({
  dryRun: z.boolean(),
  status: z.enum(["done", "waiting", "nothing", "elsewhere"]),
  freed: z.looseObject({ packs: z.int().min(0), bytes: z.int().min(0) }),
  kept: z.looseObject({}),
});

/** Has a worker free what no restore point needs. It gets the keys by which one sees what is reached, and none that reads data or names. */
export async function collectOnWorker(context: RepositoryContext, workers: RepositoryWorkers, { workers: _, signal, ...options }: CollectOptions): Promise<CollectReport> {
  const report = await workers.workInRepository({ work: { kind: "collect", options }, repository: handOver(context, "collector"), signal });
  // JSON leaves out what is not known
  return { epoch: undefined, stored: undefined, swept: undefined, ...readReport(collectReport, report, "a collection") } as unknown as CollectReport;
}
