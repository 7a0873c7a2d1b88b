import { damagedObject, damageOf } from "../store/damage-errors.js";
import { openGroup, type GroupStructure } from "../format/group.js";
import { objectNames } from "../format/object-names.js";
import { openRecord, recordHash, type PointRecord } from "../format/record.js";
import { pointId } from "../format/point-id.js";
import type { RepositoryContext, SignalOptions } from "../repository-context.js";
import { concurrently } from "../../concurrency/concurrently.js";
import { namedVersions, versionsOf, type NamedVersions } from "../locks/named-versions.js";
import { isDamage } from "../store/damage.js";
import { reachedPacks } from "./reached-packs.js";
import { StandingRelocations } from "./standing-relocations.js";
import type { PackReference } from "../format/dictionary-page.js";
import type { RepositoryLocks } from "../locks/repository-locks.js";
import { readVersion, standsFor } from "../locks/stands-for.js";

/** Points looked at at the same time. */
const maxInFlight = 16;

/** A version that a restore point reaches, and until when the point was promised it would be locked. */
export interface ReachedVersion {
  readonly name: string;
  readonly versionId: string;
  readonly restorePoint: string;
  readonly untilMs: number;
}

/** What is told of the restore points as they are walked. */
export interface ReachedVersionsVisitor {
  readonly point: (id: string, untilMs: number) => void;
  readonly reached: (version: ReachedVersion) => void;
  readonly fault: (object: string, problem: string, restorePoint?: string) => void;
}

/** Walks all that live restore points reach, version by version: groups, records, packs, and relocations of those with what they name. Reads roots and dictionaries, never leaves. */
export async function visitReachedVersions(context: RepositoryContext, locks: RepositoryLocks, visitor: ReachedVersionsVisitor, options: SignalOptions = {}): Promise<void> {
  const relocations = await StandingRelocations.read(context, locks.versions, options);
  await concurrently(namedVersions(locks.versions, objectNames.groups, options), maxInFlight, async (named) => {
    options.signal?.throwIfAborted();
    const standing = await standsFor(context, named, options);
    const [newest] = named.versions;
    if (standing === undefined) {
      if (newest?.isDeleteMarker === false) visitor.fault(named.name, "no version of it was written with this repository's keys");
      return;
    }
    const group = openGroup(context.keys, named.name, standing.body)?.structure;
    if (group !== undefined) await visitPoint(named, standing.version.versionId, group);
    else if (!standing.isOnTop) visitor.fault(named.name, `the restore point was withdrawn, and ${newest?.isDeleteMarker === true ? "a delete marker hides that" : "another version was put on top"}: repository.recover() removes it`);
  });

  async function visitPoint({ name }: NamedVersions, versionId: string, group: GroupStructure): Promise<void> {
    const restorePoint = pointId(name);
    const untilMs = group.protectedUntil === undefined ? 0 : Date.parse(group.protectedUntil);
    visitor.point(restorePoint, untilMs);
    visitor.reached({ name, versionId, restorePoint, untilMs });
    for (const { stream, sequence, hash } of group.members) await visitRecord(objectNames.record(stream, sequence), hash, { restorePoint, untilMs });
  }

  async function visitRecord(name: string, hash: string, need: Pick<ReachedVersion, "restorePoint" | "untilMs">): Promise<void> {
    try {
      const { record, versionId } = await readMember(await versionsOf(locks.versions, name, options), hash);
      visitor.reached({ name, versionId, ...need });
      for await (const { name: pack, reference } of reachedPacks(context, record, options)) {
        visitPack(pack, reference, need);
        for (const { named, version, packs } of relocations.of(pack)) {
          visitor.reached({ name: named.name, versionId: version.versionId, ...need });
          for (const target of packs) visitPack(objectNames.pack(target.id), target, need);
        }
      }
    } catch (error) {
      if (!isDamage(error)) throw error;
      visitor.fault(String(error.context["object"] ?? error.context["name"] ?? name), damageOf(error), need.restorePoint);
    }
  }

  function visitPack(name: string, { versionId }: PackReference, need: Pick<ReachedVersion, "restorePoint" | "untilMs">): void {
    if (versionId === undefined) visitor.fault(name, "the repository does not know its version", need.restorePoint);
    else visitor.reached({ name, versionId, ...need });
  }

  /** The record that a group names, in whichever version it is. */
  async function readMember({ name, versions }: NamedVersions, hash: string): Promise<{ readonly record: PointRecord; readonly versionId: string }> {
    for (const version of versions) {
      const body = version.isDeleteMarker ? undefined : await readVersion(context, version, options);
      if (body === undefined || recordHash(body) !== hash) continue;
      const record = openRecord(context.keys, name, body);
      if (record !== undefined) return { record, versionId: version.versionId };
    }
    throw damagedObject(name, "it is in no version the record that its restore point names");
  }
}
