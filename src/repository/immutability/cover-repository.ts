import { objectNames } from "../format/object-names.js";
import type { RepositoryContext, SignalOptions } from "../repository-context.js";
import { coverObject } from "./cover-object.js";
import { protectedUntilMs } from "./generations.js";
import { namedVersions, versionsOf } from "./named-versions.js";
import type { RepositoryLocks } from "./repository-locks.js";
import { standsFor } from "./stands-for.js";

/**
 * Sees to it that the configuration and every key slot, without which no point can be read, are locked as long as a point
 * of this time needs them; asked of the store once per generation and process. Also what lies under a delete marker is kept:
 * it is not gone before its lock ends, and who put the marker there is not known.
 */
export async function coverRepository(context: RepositoryContext, locks: RepositoryLocks, pointMs: number, options: SignalOptions = {}): Promise<void> {
  if (locks.coveredUntilMs >= protectedUntilMs(locks.rules, pointMs)) return;
  let coveredUntilMs = await coverStanding(await versionsOf(locks.versions, objectNames.configuration, options));
  for await (const named of namedVersions(locks.versions, objectNames.keySlots, options)) coveredUntilMs = Math.min(coveredUntilMs, await coverStanding(named));
  locks.coveredUntilMs = coveredUntilMs;

  async function coverStanding(named: Parameters<typeof standsFor>[1]): Promise<number> {
    const standing = await standsFor(context, named, options);
    if (standing === undefined) return Number.MAX_SAFE_INTEGER;
    return await coverObject(context, locks, { name: named.name, versionId: standing.version.versionId }, pointMs, options);
  }
}
