import { objectNames } from "../format/object-names.js";
import { BlockMap, type MapOrigin } from "../map/block-map.js";
import type { RepositoryContext, SignalOptions } from "../repository-context.js";
import { concurrently } from "../../concurrency/concurrently.js";
import { coverObject } from "./cover-object.js";
import { protectedUntilMs } from "../locks/generations.js";
import { decideByNotes } from "../locks/lock-decision.js";
import type { RepositoryLocks } from "../locks/repository-locks.js";

/** Locks looked at and extended at the same time: S3 takes far more, one run should not. */
const maxInFlight = 32;

/** What a volume's map has from the point that it grows from. */
export interface InheritedReach {
  /** Ordinals below are the parent's. */
  readonly nextOrdinal: number;
  /** All that the parent reaches is locked at least until then, as its record says. */
  readonly lockedUntilMs: number;
}

/**
 * Sees to it that every pack that a volume's new map reaches is locked for as long as a point of this time needs it. Reads
 * the map back from the store: what it says is what a restore will rely on. Gives the time until which all of them are locked.
 */
export async function coverVolume(
  context: RepositoryContext,
  locks: RepositoryLocks,
  volume: { readonly map: MapOrigin; readonly inherited: InheritedReach | undefined },
  pointMs: number,
  options: SignalOptions = {},
): Promise<number> {
  const { inherited } = volume;
  const needMs = protectedUntilMs(locks.rules, pointMs);
  const map = await BlockMap.open(context, volume.map, options);
  const isCovered = (inherited?.lockedUntilMs ?? 0) >= needMs;
  const ordinals = map.reachedOrdinals.filter((ordinal) => !isCovered || ordinal >= (inherited?.nextOrdinal ?? 0));
  let lockedUntilMs = isCovered && inherited !== undefined && ordinals.length < map.reachedOrdinals.length ? inherited.lockedUntilMs : Number.MAX_SAFE_INTEGER;
  await concurrently(ordinals, maxInFlight, async (ordinal) => {
    const reference = await map.packReference(ordinal, options);
    const decision = decideByNotes(locks.rules, pointMs, reference.lockedUntilMs);
    const { versionId, sizeBytes } = reference;
    const endMs = decision.action === "keep" ? decision.lockedUntilMs : await coverObject(context, locks, { name: objectNames.pack(reference.id), versionId, sizeBytes }, pointMs, options);
    lockedUntilMs = Math.min(lockedUntilMs, endMs);
  });
  return lockedUntilMs;
}
