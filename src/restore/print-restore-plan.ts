import { blockSizeBytes } from "../ports/index.js";
import { printLines } from "../printing/printable.js";
import { bytesText, durationText } from "../printing/words.js";
import type { InstanceRestorePlan } from "./instance/instance-plan.js";
import type { PlannedWrites } from "./plan/planned-writes.js";
import type { RestoreEstimate } from "./plan/restore-estimate.js";
import type { RestoreFinding } from "./plan/restore-finding.js";
import type { ReplaceVolumePlan } from "./replace/replace-plan.js";
import type { RestoreUndoPlan } from "./undo/plan-undo.js";
import type { ImageRestorePlan, RestorePlanSource, SnapshotRestorePlan, VolumeRestorePlan } from "./restore-plan.js";

/** How the plan of a restore prints: from what, to where, how much, what is in its way, what it costs. */
export function printRestorePlan(plan: VolumeRestorePlan | SnapshotRestorePlan | ImageRestorePlan): string {
  const { source } = plan;
  return printLines(`RestorePlan: ${source.volume} of ${source.restorePoint} (${source.createdAt}) ${targetOf(plan)}`, [
    printSource(source),
    ...("writes" in plan && plan.parent !== undefined ? [printWrites(plan.writes)] : []),
    ...("findings" in plan ? [...plan.findings.map(printFinding), printEstimate(plan.estimate)] : []),
  ]);
}

/** The same of an instance's. */
export function printInstancePlan({ restorePoint, createdAt, accountId, region, inPlace, instance, sources, writes, findings, estimate }: InstanceRestorePlan): string {
  const target = inPlace === undefined ? (instance === undefined ? "" : ` to a new ${instance.instanceType} in ${instance.availabilityZone}`) : ` in place, to ${inPlace.instanceId}`;
  return printLines(`InstanceRestorePlan: ${restorePoint} (${createdAt})${target}, ${accountId}/${region}`, [
    ...sources.map((source) => `${source.volume}: ${printSource(source)}`),
    ...(inPlace === undefined ? [] : writes.map((one) => `${one.volume}: ${printWrites(one)}`)),
    ...findings.map(printFinding),
    printEstimate(estimate),
  ]);
}

/** The same of a volume's replacement: its steps, too. */
export function printReplacementPlan({ source, replaces, accountId, region, inPlace, steps, writes, findings, estimate }: ReplaceVolumePlan): string {
  const where = inPlace === undefined ? "" : ` on ${inPlace.instanceId}`;
  return printLines(`ReplaceVolumePlan: ${source.volume} of ${source.restorePoint} (${source.createdAt}) in the place of ${replaces}${where}, ${accountId}/${region}`, [
    printSource(source),
    printWrites(writes),
    ...steps.map((step, index) => `${String(index + 1)}. ${step}`),
    ...findings.map(printFinding),
    printEstimate(estimate),
  ]);
}

/** The same of an undo: what goes, and what stays for which reason. */
export function printUndoPlan({ id, accountId, region, remove, stays }: RestoreUndoPlan): string {
  return printLines(`RestoreUndoPlan: of the restore ${id} in ${accountId}/${region}, ${remove.length === 0 ? "nothing is removed" : `removes ${String(remove.length)}`}`, [
    ...remove.map(({ kind, resourceId, restorePoint, sizeBytes }) => `removes the ${kind} ${resourceId} (${bytesText(sizeBytes)}, of ${restorePoint})`),
    ...stays.map(({ kind, resourceId, reason }) => `leaves the ${kind} ${resourceId}: ${reason}`),
  ]);
}

function targetOf(plan: VolumeRestorePlan | SnapshotRestorePlan | ImageRestorePlan): string {
  switch (plan.kind) {
    case "volume":
      return `to a ${plan.volume.volumeType} volume in ${plan.volume.availabilityZone}`;
    case "snapshot":
      return `to a snapshot in ${plan.snapshot.region}`;
    case "image":
      return `to ${plan.image.path}`;
  }
}

function printSource({ sizeBytes, dataBytes, storeReads, storeBytes, thaw }: RestorePlanSource): string {
  return `${bytesText(sizeBytes)} with ${bytesText(dataBytes)} of data, by ${String(storeReads)} reads of ${bytesText(storeBytes)}${thaw === undefined ? "" : `; ${String(thaw.archived.packs)} packs are thawed first`}`;
}

function printFinding({ severity, code, path, message, remedy }: RestoreFinding): string {
  return `${severity} ${code} (${path}): ${message} ${remedy}`;
}

function printWrites({ method, over, by, fullReason, isAtMost, blocks, known }: PlannedWrites): string {
  const bytes = (of: number): string => bytesText(of * blockSizeBytes);
  if (method === "full") return fullReason === undefined ? "writes everything" : `writes everything: ${fullReason}`;
  const most = `writes ${isAtMost ? "at most " : ""}${bytes(blocks)} over ${over ?? ""}, by ${by ?? ""}`;
  return known === undefined ? most : `${most}: ${bytes(known.blocks)} that differ since ${known.since}, and what was written there after that`;
}

function printEstimate({ isAtMost, restoreCost, seconds, known }: RestoreEstimate): string {
  const text = (of: { readonly restoreCost: number; readonly seconds: number }): string => `${durationText(of.seconds * 1_000)} and $${String(of.restoreCost)}`;
  if (!isAtMost) return `about ${text({ restoreCost, seconds })}`;
  return `${known === undefined ? "" : `about ${text(known)} for what is known to differ, and `}at most ${text({ restoreCost, seconds })}`;
}
