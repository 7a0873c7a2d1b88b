import { objectNames } from "../format/object-names.js";
import type { RepositoryContext, SignalOptions } from "../repository-context.js";
import { isDamage } from "../store/damage.js";
import { coverObject, type ReachedObject } from "./cover-object.js";
import { protectedUntilMs } from "../locks/generations.js";
import { namedVersions, versionsOf } from "../locks/named-versions.js";
import type { RepositoryLocks } from "../locks/repository-locks.js";
import { StandingRelocations } from "./standing-relocations.js";
import { standsFor } from "../locks/stands-for.js";

/**
 * Sees to it that the configuration and every key slot, without which no point can be read, and all relocations with the packs
 * that they name, which older points may need, are locked as long as a point
 * of this time needs them; asked of the store once per generation and process. Also what lies under a delete marker is kept:
 * it is not gone before its lock ends, and who put the marker there is not known.
 */
export async function coverRepository(context: RepositoryContext, locks: RepositoryLocks, pointMs: number, options: SignalOptions = {}): Promise<void> {
  if (locks.covered.untilMs >= protectedUntilMs(locks.rules, pointMs)) return;
  let coveredUntilMs = await coverStanding(await versionsOf(locks.versions, objectNames.configuration, options));
  for await (const named of namedVersions(locks.versions, objectNames.keySlots, options)) coveredUntilMs = Math.min(coveredUntilMs, await coverStanding(named));
  for (const { named, version, packs } of (await StandingRelocations.read(context, locks.versions, options)).all()) {
    // under a delete marker lies what a collection removed; what somebody else hid, verifyLocks tells and recover brings back
    if (named.versions[0]?.isDeleteMarker !== false) continue;
    const objects = [{ name: named.name, versionId: version.versionId }, ...packs.map(({ id, versionId, sizeBytes }) => ({ name: objectNames.pack(id), versionId, sizeBytes }))];
    for (const object of objects) coveredUntilMs = Math.min(coveredUntilMs, await coverRelocated(object));
  }
  locks.covered.untilMs = coveredUntilMs;

  /** A place that is gone, or damaged, in its turn has relocations of its own, or is a finding of verify: it hinders no new point. */
  async function coverRelocated(object: ReachedObject): Promise<number> {
    try {
      return await coverObject(context, locks, object, pointMs, options);
    } catch (error) {
      if (!isDamage(error)) throw error;
      context.logger.warn("what a relocation names is not there and cannot be locked; verify tells what is lost", { object: object.name, error: error.message });
      return Number.MAX_SAFE_INTEGER;
    }
  }

  async function coverStanding(named: Parameters<typeof standsFor>[1]): Promise<number> {
    const standing = await standsFor(context, named, options);
    if (standing === undefined) return Number.MAX_SAFE_INTEGER;
    return await coverObject(context, locks, { name: named.name, versionId: standing.version.versionId }, pointMs, options);
  }
}
