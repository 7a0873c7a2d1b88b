import * as z from "zod";
import type { Unstamped } from "../../session/index.js";
import type { CopyEvent } from "./copy-events.js";
import { presentCopy } from "./copy-point.js";
import type { CopiedPoint } from "./copy-result.js";
import type { CopyRun } from "./copy-run.js";
import { handOver } from "../hand-over.js";
import type { RepositoryWorkers } from "../workers/repository-workers.js";

const amount = {
  blocks: z.looseObject({ read: z.int(), zero: z.int(), known: z.int(), stored: z.int(), removed: z.int() }),
  bytesRead: z.int(),
  bytesStored: z.int(),
  requests: z.looseObject({ reads: z.int(), writes: z.int() }),
};
/** What the engine relies on in a worker's word of a copy; the rest is passed on. */
const copiedPoint = z.looseObject({ point: z.string(), resource: z.string(), createdAt: z.string(), outcome: z.enum(["copied", "present"]), copy: z.string(), volumes: z.array(z.looseObject({ volumeId: z.string(), ...amount })), ...amount });

/** Has a worker copy one restore point, unless the target has it already: that costs no worker. */
export async function copyOnWorker(run: CopyRun, workers: RepositoryWorkers, id: string): Promise<CopiedPoint> {
  const { source, target, session, isFull, signal } = run;
  const present = await presentCopy(run, id);
  if (present !== undefined) return present;
  const report = await workers.workInRepository({
    work: { kind: "copy", restorePoint: id, isFull },
    repository: handOver(source, "restore"),
    target: handOver(target, "writer"),
    signal,
    // signed by the worker to whom the task was given, which runs the code that emits them
    onEvent: (event) => session.emit(event as unknown as Unstamped<CopyEvent>),
    onLost: (attempt, message) => session.emit({ type: "point:retried", point: id, attempt, code: "WorkerLost", message }),
  });
  return copiedPoint.parse(report) as unknown as CopiedPoint;
}
