import { findKnownSnapshot, noKnownSnapshot } from "../delta/find-difference.js";
import type { SwapJob } from "./instance-job.js";
import type { PlannedSwap } from "./instance-plan.js";
import type { PresentVolume, PresentVolumes } from "./make-snapshots.js";

/**
 * Which volumes of an instance can be written over: those of which a snapshot that the repository knows is still there, so that the provider tells what has changed since. Where it cannot tell, taking a snapshot and
 * reading all of it may take longer than writing everything.
 */
export async function presentVolumes({ run, point, target }: SwapJob, { volumes }: PlannedSwap): Promise<PresentVolumes> {
  const present = new Map<string, PresentVolume | { readonly why: string }>();
  for (const { sourceVolume, replaces } of volumes) {
    if (replaces === undefined) continue;
    const known = await findKnownSnapshot({ repository: run.repository, source: { point, volumeId: sourceVolume } }, target.compute, replaces, run);
    present.set(sourceVolume, known === undefined ? { why: noKnownSnapshot(replaces) } : { volumeId: replaces, mayRead: false });
  }
  return present;
}
