import { HoldfastError, NotFoundError } from "../../errors/index.js";
import { asError } from "../../session/index.js";
import { damagedObject } from "../store/damage-errors.js";
import type { Group } from "../format/group.js";
import { readGroup } from "../points/list-restore-points.js";
import { groupNameOf } from "../format/point-id.js";
import { readMember } from "../points/read-stream.js";
import { PointWriter } from "../writer/point-writer.js";
import { sumAmounts, type CopiedPoint } from "./copy-result.js";
import { whileSourcePinned, type CopyRun } from "./copy-run.js";
import { copyVolume, type SourceVolume } from "./copy-volume.js";
import { findCopy, originOf, type Origin } from "./find-copy.js";
import { isGone } from "../store/store-answers.js";

/** How often a point is begun again that another run got in the way of. */
const maxAttempts = 5;
const firstRetryMs = 500;

/** A restore point as it is copied. */
interface SourcePoint {
  readonly id: string;
  readonly group: Group;
  readonly origin: Origin;
}

/** Copies one restore point, unless the target has it. Begun again where another run was quicker: what was stored is found. */
export async function copyPoint(run: CopyRun, id: string): Promise<CopiedPoint> {
  const { source, session, signal } = run;
  const point = await readPoint(run, id);
  for (let attempt = 1; ; attempt++) {
    signal.throwIfAborted();
    const place = await findCopy(run, point.origin, point.group.metadata.resource);
    if (place.isThere) return skipped(run, point, place.pointId);
    session.emit({ type: "point:started", ...factsOf(point) });
    try {
      const copied = await whileSourcePinned(run, [groupNameOf(id)], async () => {
        // removed before it was pinned, it may be gone in part
        await findPoint(run, id);
        return await writeCopy(run, point, place.groupId);
      });
      session.emit({ type: "point:completed", ...copied });
      return copied;
    } catch (error) {
      if (attempt >= maxAttempts || signal.aborted || !isRace(error)) throw error;
      session.emit({ type: "point:retried", point: id, attempt, code: error.code, message: error.message });
    }
    await source.clock.sleep(Math.round(firstRetryMs * 2 ** (attempt - 1) * (0.5 + source.random.fraction() / 2)), signal);
  }
}

/** What there is to say of a point that the target has already; nothing of one that is to be copied. */
export async function presentCopy(run: CopyRun, id: string): Promise<CopiedPoint | undefined> {
  const { point, copy } = await lookForCopy(run, id);
  return copy === undefined ? undefined : skipped(run, point, copy);
}

/** The id of a point's copy, as the target has it now. */
export async function copyThere(run: CopyRun, id: string): Promise<string | undefined> {
  return (await lookForCopy(run, id)).copy;
}

async function lookForCopy(run: CopyRun, id: string): Promise<{ readonly point: SourcePoint; readonly copy: string | undefined }> {
  const point = await readPoint(run, id);
  const place = await findCopy(run, point.origin, point.group.metadata.resource);
  return { point, copy: place.isThere ? place.pointId : undefined };
}

async function readPoint(run: CopyRun, id: string): Promise<SourcePoint> {
  const group = await findPoint(run, id);
  return { id, group, origin: originOf(run.source, id, group) };
}

function factsOf({ id, group }: SourcePoint): Pick<CopiedPoint, "point" | "resource" | "createdAt"> {
  return { point: id, resource: group.metadata.resource, createdAt: group.structure.createdAt };
}

function skipped({ session }: CopyRun, point: SourcePoint, copy: string): CopiedPoint {
  session.emit({ type: "point:skipped", point: point.id, copy });
  return { ...factsOf(point), outcome: "present", copy, volumes: [], ...sumAmounts([]) };
}

async function findPoint({ source, signal }: CopyRun, id: string): Promise<Group> {
  try {
    const group = await readGroup(source, groupNameOf(id), { signal });
    if (group !== undefined) return group;
  } catch (cause) {
    if (!isGone(cause)) throw cause;
    throw new NotFoundError(`There is no restore point ${id} in ${source.store.location}. repository.restorePoints() lists those that are there.`, { code: "RestorePointNotFound", context: { restorePoint: id }, cause });
  }
  throw new NotFoundError(`The restore point ${id} was removed. repository.restorePoints() lists those that are there.`, { code: "RestorePointRemoved", context: { restorePoint: id } });
}

async function writeCopy(run: CopyRun, { id, group, origin }: SourcePoint, groupId: string): Promise<CopiedPoint> {
  const { source, target, signal } = run;
  const { volumes: _volumes, ...description } = group.metadata;
  const { createdAt } = group.structure;
  const copiedFrom = { ...origin, copiedAt: target.clock.now().toISOString() };
  const writer = new PointWriter(target, { ...description, copiedFrom }, { identity: { groupId, createdAt }, signal });
  try {
    const volumes = [];
    // one after another: the memory of one, whatever the instance has
    for (const volume of group.metadata.volumes) volumes.push(await copyVolume(run, writer, await sourceVolume(run, { id, group }, volume)));
    const copy = await writer.commit();
    const amount = sumAmounts(volumes);
    const commit = { ...amount, requests: { ...amount.requests, writes: amount.requests.writes + 1 } };
    return { point: id, resource: description.resource, createdAt, outcome: "copied", copy: copy.id, volumes, ...commit };
  } catch (error) {
    await close(source.logger, writer);
    throw error;
  }
}

async function sourceVolume({ source, signal }: CopyRun, { id, group }: Pick<SourcePoint, "id" | "group">, volume: SourceVolume["volume"]): Promise<SourceVolume> {
  const member = group.structure.members.find(({ stream, sequence }) => stream === volume.stream && sequence === volume.sequence);
  if (member === undefined) throw damagedObject(groupNameOf(id), "it names a volume whose record it does not hold");
  return { point: id, volume, record: await readMember(source, member, { signal }) };
}

async function close(logger: CopyRun["source"]["logger"], writer: PointWriter): Promise<void> {
  try {
    await writer.close();
  } catch (error) {
    // a lease that stays behind only delays a collection; what failed before is what the caller must see
    logger.warn("a writer's lease could not be removed from the repository", { error: asError(error).message });
  }
}

/** Another run wrote the stream's next record or this very group first, or a collection came in between. */
function isRace(error: unknown): error is HoldfastError {
  return HoldfastError.isInstance(error) && error.name === "ConflictError" && (error.retryable || error.code === "ConditionFailed");
}
