import * as z from "zod";
import type { Unstamped } from "../../session/index.js";
import type { CopyEvent } from "./copy-events.js";
import { copyThere, presentCopy } from "./copy-point.js";
import type { CopiedPoint } from "./copy-result.js";
import type { CopyRun } from "./copy-run.js";
import { handOver } from "../hand-over.js";
import { damagedReport, readReport } from "../workers/read-report.js";
import type { RepositoryWorkers } from "../workers/repository-workers.js";

const amount = {
  blocks: z.looseObject({ read: z.int().min(0), zero: z.int().min(0), known: z.int().min(0), stored: z.int().min(0), removed: z.int().min(0) }),
  bytesRead: z.int().min(0),
  bytesStored: z.int().min(0),
  requests: z.looseObject({ reads: z.int().min(0), writes: z.int().min(0) }),
};
/** What the engine relies on in a worker's word of a copy; the rest is passed on. */
const copiedPoint = z.looseObject({ point: z.string(), resource: z.string(), createdAt: z.string(), outcome: z.enum(["copied", "present"]), copy: z.string(), volumes: z.array(z.looseObject({ volumeId: z.string(), ...amount })), ...amount });

/** What a worker says of one point on its way. */
const workerEvents: ReadonlySet<string> = new Set(["point:started", "point:skipped", "point:retried", "point:completed", "volume:started", "volume:progress", "volume:completed"] satisfies CopyEvent["type"][]);

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
      // a worker tells of its point, and of nothing else that a session says
      if (workerEvents.has(event.type) && event["point"] === id) session.emit(event as unknown as Unstamped<CopyEvent>);
    },
    onLost: (attempt, message) => session.emit({ type: "point:retried", point: id, attempt, code: "WorkerLost", message }),
  });
  const report = readReport(copiedPoint, said, "a copy");
  // a copy that is not there is the worst that could be reported
  const copy = report.point === id ? await copyThere(run, id) : undefined;
  if (copy === undefined || copy !== report.copy) throw damagedReport(`names a copy of ${report.point} that the target has not`);
  return report as unknown as CopiedPoint;
}
