import { HoldfastError } from "../../errors/index.js";
import type { ObjectVersions } from "../../ports/index.js";
import type { RepositoryContext, SignalOptions } from "../repository-context.js";
import type { NamedVersions } from "../locks/named-versions.js";
import { planForeign, planRestored, type RecoverStep } from "./recover-plan.js";
import type { RecoverTally } from "./recover-report.js";
import type { StandingVersion } from "../locks/stands-for.js";

/** What the recovery of one name needs. */
export interface RecoverParts {
  readonly context: RepositoryContext;
  readonly versions: ObjectVersions;
  readonly tally: RecoverTally;
  readonly isDryRun: boolean;
  readonly options: SignalOptions;
}

/** Makes a configuration, slot, record or group what its name stands for. */
export async function recoverName(parts: RecoverParts, named: NamedVersions, standing: StandingVersion): Promise<void> {
  const locked: RecoverStep[] = [];
  for (const step of planRestored(named, standing.version)) {
    if (await remove(parts, step)) parts.tally.add(step);
    else locked.push(step);
  }
  const [top] = locked;
  // what cannot be removed may be the authentic bytes, put on top by an earlier recovery
  if (top?.versionId === undefined || (await readPinned(parts, named.name, top.versionId)).equals(standing.body)) return;
  if (!parts.isDryRun) await parts.context.store.put(named.name, standing.body, { lock: parts.context.locks?.lockNow(), signal: parts.options.signal });
  parts.tally.add({ object: named.name, action: "put-on-top", reason: "the version over the authentic one is locked and cannot be removed" });
}

/** Makes a pack's pinned version the current one again. What is locked over it stays: whoever reads names the version. */
export async function recoverPack(parts: RecoverParts, named: NamedVersions, pinned: StandingVersion["version"]): Promise<void> {
  let isLockedAbove = false;
  for (const step of planRestored(named, pinned)) {
    if (await remove(parts, step)) parts.tally.add(step);
    else isLockedAbove = true;
  }
  if (isLockedAbove) parts.tally.leftUnderLocked++;
}

/** Hides what is not this repository's, by a delete marker: nothing of it is lost. */
export async function hideForeign(parts: RecoverParts, named: NamedVersions): Promise<void> {
  for (const step of planForeign(named)) {
    if (!parts.isDryRun) await parts.context.store.delete(step.object, parts.options);
    parts.tally.add(step);
  }
}

/** Removes one version for good; `false` where it is locked. */
async function remove({ versions, isDryRun, options, context }: RecoverParts, { object, versionId, action }: RecoverStep): Promise<boolean> {
  if (versionId === undefined) return false;
  if (isDryRun) {
    const lock = action === "remove-version" ? await versions.lockOf(object, versionId, options) : undefined;
    return lock === undefined || lock.until <= (context.locks?.time.now() ?? context.clock.now());
  }
  try {
    await versions.delete(object, versionId, options);
    return true;
  } catch (error) {
    if (!(HoldfastError.isInstance(error) && error.code === "ObjectLocked")) throw error;
    return false;
  }
}

async function readPinned({ context, options }: RecoverParts, name: string, versionId: string): Promise<Buffer> {
  return (await context.store.get(name, { versionId, signal: options.signal })).body;
}
