import { ConflictError } from "../../errors/index.js";
import type { Group, GroupMetadata } from "../format/group.js";
import { objectNames } from "../format/object-names.js";
import { readGroup } from "../points/list-restore-points.js";
import { groupNameOf, pointId } from "../format/point-id.js";
import type { RepositoryContext, SignalOptions } from "../repository-context.js";
import { repositoryId, type CopyRun } from "./copy-run.js";
import { isGone } from "../store/store-answers.js";

/** Which point a copy is of, however often it was copied on. */
export type Origin = Pick<NonNullable<GroupMetadata["copiedFrom"]>, "repositoryId" | "pointId" | "createdAt">;

/** Where a point's copy is, or where it is to be. */
export type CopyPlace = { readonly isThere: true; readonly pointId: string } | { readonly isThere: false; readonly groupId: string };

/** Names that are tried: each stands for a copy that was removed, or that a collection gave up for a run that died. */
const maxNames = 10_000;

export function originOf(source: RepositoryContext, id: string, group: Group): Origin {
  return group.metadata.copiedFrom ?? { repositoryId: repositoryId(source), pointId: id, createdAt: group.structure.createdAt };
}

/**
 * Looks for a point's copy in the target. A copy's name follows from its origin, and its first part is the point's own time:
 * so whoever copies the same point, at the same time too, writes the same group, only if absent, and one of them wins. A name
 * that was withdrawn is never free again: the next one is taken then.
 */
export async function findCopy({ target, signal }: CopyRun, origin: Origin, resource: string): Promise<CopyPlace> {
  if (origin.repositoryId === repositoryId(target)) {
    // a copy comes back to where it is from
    const name = groupNameOf(origin.pointId);
    if (typeof (await lookFor(target, name, { signal })) === "object") return { isThere: true, pointId: origin.pointId };
  }
  const [, ownId = ""] = origin.pointId.split("-");
  const time = ownId.slice(0, timeDigits);
  for (let number = 0; number < maxNames; number++) {
    const groupId = time + target.keys.copyName(`${origin.repositoryId}/${origin.pointId}/${String(number)}`);
    const name = objectNames.group(target.keys.resourceName(resource), groupId);
    const found = await lookFor(target, name, { signal });
    if (found === undefined) return { isThere: false, groupId };
    if (found === "withdrawn") continue;
    const { copiedFrom } = found.metadata;
    if (copiedFrom?.repositoryId === origin.repositoryId && copiedFrom.pointId === origin.pointId) return { isThere: true, pointId: pointId(name) };
  }
  throw new ConflictError(`${target.store.location} has withdrawn ${String(maxNames)} copies of restore point ${origin.pointId}; there is no name for another. Copy it into another repository.`, { code: "NamesUsedUp", context: { restorePoint: origin.pointId } });
}

/** The time with which a point's own name begins. */
const timeDigits = 12;

async function lookFor(target: RepositoryContext, name: string, options: SignalOptions): Promise<Group | "withdrawn" | undefined> {
  try {
    return (await readGroup(target, name, options)) ?? "withdrawn";
  } catch (error) {
    if (!isGone(error)) throw error;
    return undefined;
  }
}
