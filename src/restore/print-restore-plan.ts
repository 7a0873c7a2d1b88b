import { printLines } from "../printing/printable.js";
import { bytesText, durationText } from "../printing/words.js";
import type { InstanceRestorePlan } from "./instance/instance-plan.js";
import type { RestoreEstimate } from "./plan/restore-estimate.js";
import type { RestoreFinding } from "./plan/restore-finding.js";
import type { ImageRestorePlan, RestorePlanSource, SnapshotRestorePlan, VolumeRestorePlan } from "./restore-plan.js";

/** How the plan of a restore prints: from what, to where, how much, what is in its way, what it costs. */
export function printRestorePlan(plan: VolumeRestorePlan | SnapshotRestorePlan | ImageRestorePlan): string {
  const { source } = plan;
  return printLines(`RestorePlan: ${source.volume} of ${source.restorePoint} (${source.createdAt}) ${targetOf(plan)}`, [
    printSource(source),
    ...("parent" in plan && plan.parent !== undefined ? [`over ${plan.parent.parentSnapshotId}${plan.parent.fullReason === undefined ? "" : `: not possible, ${plan.parent.fullReason}`}`] : []),
    ...("findings" in plan ? [...plan.findings.map(printFinding), printEstimate(plan.estimate)] : []),
  ]);
}

/** The same of an instance's. */
export function printInstancePlan({ restorePoint, createdAt, accountId, region, inPlace, instance, sources, findings, estimate }: InstanceRestorePlan): string {
  const target = inPlace === undefined ? (instance === undefined ? "" : ` to a new ${instance.instanceType} in ${instance.availabilityZone}`) : ` in place, to ${inPlace.instanceId}`;
  return printLines(`InstanceRestorePlan: ${restorePoint} (${createdAt})${target}, ${accountId}/${region}`, [
    ...sources.map((source) => `${source.volume}: ${printSource(source)}`),
    ...findings.map(printFinding),
    printEstimate(estimate),
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

function printEstimate({ restoreCost, seconds }: RestoreEstimate): string {
  return `about ${durationText(seconds * 1_000)} and $${String(restoreCost)}`;
}
