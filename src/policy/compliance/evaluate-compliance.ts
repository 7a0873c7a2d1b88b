import type { CallOptions } from "../../ports/index.js";
import { findUnprotected } from "../coverage.js";
import type { ResolvedPolicyOptions } from "../policy-options.js";
import { newestReplica } from "../replicas/newest-replica.js";
import { pointsOfPolicy } from "../retain-points.js";
import { selectForPolicy, type SelectedResource } from "../selection/select-resources.js";
import type { ComplianceOptions } from "./compliance-options.js";
import type { ComplianceFinding, ComplianceReport } from "./compliance-report.js";
import { everyHours, keptFor, lockedFor, newestWithin, verifiedWithin, type PointsInOrder } from "./point-controls.js";

/** What an evaluation needs beside the policy. */
export interface ComplianceContext extends CallOptions {
  /** At least one: who asks for none has to be told so. */
  readonly controls: ComplianceOptions;
  /** Policies that protect beside this one. */
  readonly others: readonly ResolvedPolicyOptions[];
  readonly now: Date;
}

/** Evaluates the controls on what is there now: the resources that exist, the points in the repository, the replicas. Raises what keeps it from being sure. */
export async function evaluateCompliance(options: ResolvedPolicyOptions, context: ComplianceContext): Promise<ComplianceReport> {
  const { now } = context;
  const findings = [...(await wholeControls(options, context)), ...(await resourceControls(options, context))];
  return { policy: options.name, evaluatedAt: now.toISOString(), isCompliant: findings.every(({ isMet }) => isMet), findings };
}

async function wholeControls(options: ResolvedPolicyOptions, { controls, others, signal }: ComplianceContext): Promise<ComplianceFinding[]> {
  const findings: ComplianceFinding[] = [];
  if (controls.protectEverything === true) {
    const unprotected = await findUnprotected([options, ...others], { signal });
    if (unprotected.length === 0) findings.push({ control: "protectEverything", subject: options.name, isMet: true, evidence: "Every instance and volume in its accounts and regions is selected by a policy." });
    for (const { resource, reason } of unprotected) findings.push({ control: "protectEverything", subject: resource, isMet: false, evidence: `No policy protects it: ${reason}.`, remedy: "Tag it, or include it in a policy." });
  }
  if (controls.encrypted === true) {
    for (const { location, isEncrypted } of [options.repository, ...(options.archive === undefined ? [] : [options.archive.repository])]) {
      findings.push({ control: "encrypted", subject: location, isMet: isEncrypted, evidence: isEncrypted ? "The repository is sealed: AES-256-GCM, under keys that its slots wrap." : 'The repository was made with encryption: "none".', ...(!isEncrypted && { remedy: "Copy it to a repository that is encrypted, and back up there." }) });
    }
  }
  return findings;
}

const controlsOfResources = ["pointEveryHours", "keepDays", "immutableDays", "copyInOtherRegionWithinHours", "newestPointWithinHours", "verifiedRestoreWithinDays"] as const;

async function resourceControls(options: ResolvedPolicyOptions, context: ComplianceContext): Promise<ComplianceFinding[]> {
  const { controls, now, signal } = context;
  const { pointEveryHours, keepDays, immutableDays, copyInOtherRegionWithinHours, newestPointWithinHours, verifiedRestoreWithinDays } = controls;
  const named = controlsOfResources.filter((control) => controls[control] !== undefined);
  if (named.length === 0) return [];
  const { resources, failures } = await selectForPolicy(options, { signal });
  for (const { error } of failures) if (error.name !== "NotFoundError") throw error;
  // of nothing all would be true
  if (resources.length === 0) return named.map((control) => ({ control, subject: options.name, isMet: false, evidence: "The policy selects no resource that is there: nothing meets this.", remedy: "Look at its include and exclude." }));
  const findings: ComplianceFinding[] = [];
  for (const { resource, region, account } of resources) {
    const points: PointsInOrder = await pointsOfPolicy(options.repository, options.name, { resource, signal });
    const plan = options.retention?.plan(points, { now });
    const decisions = new Map([...(plan?.keep ?? []), ...(plan?.remove ?? [])].map((decision) => [decision.id, decision]));
    const add = (control: ComplianceFinding["control"], outcome: Omit<ComplianceFinding, "control" | "subject">): void => void findings.push({ control, subject: resource, ...outcome });
    if (newestPointWithinHours !== undefined) add("newestPointWithinHours", newestWithin(points, now, newestPointWithinHours));
    if (pointEveryHours !== undefined) add("pointEveryHours", everyHours(points, now, pointEveryHours));
    if (keepDays !== undefined) add("keepDays", keptFor(points, decisions, now, keepDays));
    if (immutableDays !== undefined) add("immutableDays", lockedFor(points, immutableDays));
    if (copyInOtherRegionWithinHours !== undefined) add("copyInOtherRegionWithinHours", await copiedWithin(options, { resource, region, account }, copyInOtherRegionWithinHours, context));
    if (verifiedRestoreWithinDays !== undefined) add("verifiedRestoreWithinDays", await verifiedWithin(points, now, verifiedRestoreWithinDays, { signal }));
  }
  return findings;
}

const hourMs = 3_600_000;

async function copiedWithin(options: ResolvedPolicyOptions, { resource, region, account }: Pick<SelectedResource, "resource" | "region" | "account">, hours: number, { now, signal }: ComplianceContext): Promise<Omit<ComplianceFinding, "control" | "subject">> {
  const places = options.replicas.filter((replica) => replica.region !== region);
  if (places.length === 0) return { isMet: false, evidence: "The policy makes no replicas in another region.", remedy: "Add replicas: [{ region, keep }] to the policy." };
  const line = { policy: options.name, repositoryId: options.repository.id, resource };
  const found: { readonly region: string; readonly at: Date | undefined }[] = [];
  for (const place of places) found.push({ region: place.region, at: await newestReplica((place.account ?? account).compute(place.region), line, { signal }) });
  const isMet = found.some(({ at }) => at !== undefined && now.getTime() - at.getTime() <= hours * hourMs);
  const evidence = found.map(({ region: there, at }) => (at === undefined ? `There is no whole replica in ${there}.` : `The newest whole replica in ${there} is of ${at.toISOString()}.`)).join(" ");
  return { isMet, evidence, ...(!isMet && { remedy: "Look at replica:failed in the policy's sessions." }) };
}
