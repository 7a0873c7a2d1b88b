import * as z from "zod";
import type { Unstamped } from "../../session/index.js";
import type { CopyEvent } from "./copy-events.js";
import { copyThere, presentCopy } from "./copy-point.js";
import type { CopiedPoint } from "./copy-result.js";
import type { CopyRun } from "./copy-run.js";
import { handOver } from "../hand-over.js";
import { damagedReport, readReport } from "../workers/read-report.js";
import type { RepositoryWorkers } from "../workers/repository-workers.js";

const count = z.int().min(0);
const amount = {
  blocks: z.looseObject({ read: count, zero: count, known: count, stored: count, removed: count }),
  bytesRead: count,
  bytesStored: count,
  requests: z.looseObject({ reads: count, writes: count }),
};
const volume = z.looseObject({ volumeId: z.string(), sizeBytes: count, method: z.enum(["full", "incremental"]), fullReason: z.string().optional(), ...amount });
/** A worker's word of a copy. */
const copiedPoint = z.looseObject({ point: z.string(), resource: z.string(), createdAt: z.iso.datetime(), outcome: z.enum(["copied", "present"]), copy: z.string(), volumes: z.array(volume), ...amount });

const point = z.string();
const progress = { blocks: count, bytes: count, totalBlocks: count.optional(), totalBytes: count.optional(), fraction: z.number(), bytesPerSecond: z.number() };
/** What a worker says of one point on its way; what else a session says is not its to tell. */
const workerEvent = z.discriminatedUnion("type", [
  z.looseObject({ type: z.literal("point:started"), point, resource: z.string(), createdAt: z.string() }),
  z.looseObject({ type: z.literal("point:skipped"), point, copy: z.string() }),
  z.looseObject({ type: z.literal("point:retried"), point, attempt: count, code: z.string(), message: z.string() }),
  copiedPoint.extend({ type: z.literal("point:completed") }),
  z.looseObject({ type: z.literal("volume:started"), point, volumeId: z.string(), method: z.enum(["full", "incremental"]), fullReason: z.string().optional() }),
  z.looseObject({ type: z.literal("volume:progress"), point, volumeId: z.string(), ...progress }),
  volume.extend({ type: z.literal("volume:completed"), point }),
]);

/** Has a worker copy one restore point, unless the target has it already: that costs no worker. */
export async function copyOnWorker(run: CopyRun, workers: RepositoryWorkers, id: string): Promise<CopiedPoint> {
  const { source, target, session, isFull, signal } = run;
  const present = await presentCopy(run, id);
  if (present !== undefined) return present;
  const said = await workers.workInRepository({
    work: { kind: "copy", restorePoint: id, isFull },
    repository: handOver(source, "restore"),
    target: handOver(target, "writer"),
    signal,
    onEvent: (event) => {
      // a worker tells of its point alone, and as the event's readers expect it
      const told = workerEvent.safeParse(event);
      if (told.success && told.data.point === id) session.emit(told.data satisfies Unstamped<CopyEvent>);
    },
    onLost: (attempt, message) => session.emit({ type: "point:retried", point: id, attempt, code: "WorkerLost", message }),
  });
  const report = readReport(copiedPoint, said, "a copy");
  // a copy that is not there is the worst that could be reported
  const copy = report.point === id ? await copyThere(run, id) : undefined;
  if (copy === undefined || copy !== report.copy) throw damagedReport(`names a copy of ${report.point} that the target has not`);
  return report;
}
