import { HoldfastError, PartialFailureError, type PartialFailure } from "../../errors/index.js";
import { ownSignal, Session, type RunningSession } from "../../session/index.js";
import { pointId } from "../points/check-point.js";
import type { RestorePoint } from "../points/restore-point.js";
import type { RepositoryContext } from "../repository-context.js";
import { copyOnWorker } from "./copy-on-worker.js";
import { workersElsewhere } from "../workers/repository-workers.js";
import type { CopyEvent } from "./copy-events.js";
import { checkCopyOptions, type CopyOptions } from "./copy-options.js";
import { copyPoint } from "./copy-point.js";
import { sumAmounts, type CopiedPoint, type CopyResult } from "./copy-result.js";
import { repositoryId, type CopyRun } from "./copy-run.js";

/** What is copied: a restore point or its id, or many of them, oldest first. */
export type CopySource = RestorePoint | string | Iterable<RestorePoint | string> | AsyncIterable<RestorePoint | string>;

/** Copies restore points into another repository, one after another. */
export function copyPoints(source: RepositoryContext, target: RepositoryContext, points: CopySource, options: CopyOptions): Session<CopyResult, CopyEvent> {
  const { full = false, workers: given, signal: givenSignal } = checkCopyOptions(options);
  const workers = workersElsewhere(given);
  return Session.start(`copy to ${target.store.location}`, source, async (session: RunningSession<CopyEvent>) => {
    const startedMs = source.clock.monotonicMs();
    const signal = ownSignal([givenSignal]);
    const ids = { source: repositoryId(source), target: repositoryId(target) };
    session.emit({ type: "session:started", session: session.id, ...ids });
    const run: CopyRun = { source, target, session, isFull: full, signal };
    const copyOne = async (id: string): Promise<CopiedPoint> => (workers === undefined ? await copyPoint(run, id) : await copyOnWorker(run, workers, id));
    const done = isOne(points) ? [await copyOne(pointId(points))] : await copyMany(run, points, copyOne);
    const count = (outcome: CopiedPoint["outcome"]): number => done.filter((point) => point.outcome === outcome).length;
    session.emit({ type: "session:ended", session: session.id, copied: count("copied"), present: count("present") });
    return {
      session: session.id,
      ...ids,
      points: done,
      ...sumAmounts(done),
      startedAt: session.startedAt.toISOString(),
      endedAt: source.clock.now().toISOString(),
      durationMs: Math.round(source.clock.monotonicMs() - startedMs),
    };
  });
}

/** A point that is damaged or gone does not keep the others from being copied; it is raised at the end, with what was done. */
async function copyMany(run: CopyRun, points: Exclude<CopySource, RestorePoint | string>, copyOne: (id: string) => Promise<CopiedPoint>): Promise<CopiedPoint[]> {
  const done: CopiedPoint[] = [];
  const failures: PartialFailure[] = [];
  for await (const point of points) {
    const id = pointId(point);
    try {
      done.push(await copyOne(id));
    } catch (error) {
      if (!isOfThePoint(error)) throw error;
      failures.push({ resource: id, error });
      run.session.emit({ type: "point:failed", point: id, code: error.code, message: error.message });
    }
  }
  const [first] = failures;
  if (first === undefined) return done;
  throw new PartialFailureError(`${String(failures.length)} of ${String(failures.length + done.length)} restore points could not be copied; the others were. The first: ${first.resource}: ${first.error.message}`, {
    code: "PointsNotCopied",
    failures,
    completed: done.map(({ point }) => point),
    cause: first.error,
  });
}

const codesOfThePoint: ReadonlySet<string> = new Set(["RestorePointNotFound", "RestorePointRemoved", "ObjectNotFound", "ThawNeeded"]);

/** Not what the whole run suffers from: a faulty machine, a store that does not answer. */
function isOfThePoint(error: unknown): error is HoldfastError {
  return HoldfastError.isInstance(error) && (codesOfThePoint.has(error.code) || (error.name === "IntegrityError" && error.code !== "SelfCheckFailed"));
}

function isOne(points: CopySource): points is RestorePoint | string {
  const given: unknown = points;
  return typeof given !== "object" || given === null || !(Symbol.asyncIterator in given || Symbol.iterator in given);
}

