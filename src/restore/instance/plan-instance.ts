import type { CallOptions, InstanceNow } from "../../ports/index.js";
import { printable } from "../../printing/printable.js";
import type { IamPolicyStatement } from "../../workers/roles/policy-document.js";
import type { RestorePoint } from "../../repository/points/restore-point.js";
import type { Repository } from "../../repository/repository.js";
import { restoreInstanceStatements } from "../../workers/roles/statements/instance-statements.js";
import type { RestoreSource } from "../find-source.js";
import { permissionFindings } from "../plan/plan-permissions.js";
import { planWritesOverVolume, writesOfAll } from "../plan/plan-writes.js";
import type { PlannedWrites } from "../plan/planned-writes.js";
import { quotasOf } from "../plan/quotas.js";
import { printInstancePlan } from "../print-restore-plan.js";
import { measureSource, type RestorePlanSource } from "../restore-plan.js";
import { actionsOf, estimateInstance } from "./estimate-instance.js";
import type { RestoreMarks } from "./instance-marks.js";
import type { InstanceRestoreOptions } from "./instance-options.js";
import type { InstanceRestorePlan, PlannedInstanceVolume } from "./instance-plan.js";
import type { InstanceTarget } from "./instance-target.js";
import { planInPlace } from "./plan-in-place.js";
import { planNewInstance } from "./plan-new-instance.js";
import { planVolumes } from "./plan-volumes.js";

/** The part of a plan by which the steps go; what it reads is measured for people alone. */
export type InstanceDecision = Omit<InstanceRestorePlan, "sources" | "writes" | "estimate" | "actions" | "quotas">;

/** What is restored where, and the marks of an attempt that there may have been. */
export interface InstanceQuestion {
  readonly point: RestorePoint;
  readonly target: InstanceTarget;
  readonly options: InstanceRestoreOptions;
  readonly marks: RestoreMarks;
}

/** The original, if it is still there. */
export async function findOriginal({ captured, instances }: InstanceTarget, call: CallOptions): Promise<InstanceNow | undefined> {
  const now = await instances.find(captured.instanceId, call);
  return now === undefined || now.state === "terminated" || now.state === "shutting-down" ? undefined : now;
}

/** The instance that an earlier attempt launched, if it did. */
export async function findMade({ instances }: InstanceTarget, marks: RestoreMarks, call: CallOptions): Promise<InstanceNow | undefined> {
  for await (const now of instances.byTags(marks.all, call)) {
    const part = marks.partOf(now.tags);
    if (part?.kind === "made" || (part?.kind === "done" && part.isNew)) return now;
  }
  return undefined;
}

/** Decides everything by looking, and changes nothing. */
export async function decideInstance({ point, target, options, marks }: InstanceQuestion, call: CallOptions): Promise<InstanceDecision> {
  const { accountId, region, captured } = target;
  const { volumes, findings } = await planVolumes(point, target, options, call);
  const facts = { kind: "instance" as const, restorePoint: point.id, createdAt: point.createdAt.toISOString(), accountId, region, captureVersion: captured.captureVersion, volumes };
  const made = await findMade(target, marks, call);
  const now = options.to === "original" && made === undefined ? await findOriginal(target, call) : undefined;
  if (now !== undefined) {
    const planned = await planInPlace({ target, now, volumes, options, marks }, call);
    return { ...facts, inPlace: planned.inPlace, findings: [...findings, ...planned.findings] };
  }
  const isOriginal = options.to === "original";
  const planned = await planNewInstance({ target, wanted: options.to === "original" ? {} : options.to, volumes, isOriginal, made }, call);
  return { ...facts, instance: planned.instance, findings: [...findings, ...planned.findings] };
}

/** The whole plan, for people and programs. */
export async function planInstance(question: InstanceQuestion, repository: Repository, call: CallOptions): Promise<InstanceRestorePlan> {
  const decision = await decideInstance(question, call);
  const { point } = question;
  const sources: RestorePlanSource[] = [];
  const writes: PlannedWrites[] = [];
  for (const volume of decision.volumes) {
    const source = { point, volumeId: volume.sourceVolume, map: await point.blockMap(volume.sourceVolume, { signal: call.signal }) };
    const whole = await measureSource(source, call);
    sources.push(whole);
    const replaces = decision.inPlace?.volumes.find(({ sourceVolume }) => sourceVolume === volume.sourceVolume)?.replaces;
    writes.push(await planVolumeWrites({ question, repository, source, whole, volume, replaces }, call));
  }
  const actions = actionsOf(decision);
  const { account, accountId, region } = question.target;
  const statements = (partition: string): readonly IamPolicyStatement[] => restoreInstanceStatements({ partition, regions: [region], restoredInstances: { roleArns: [] } }, accountId);
  const findings = [...decision.findings, ...(await permissionFindings({ account, statements, actions, remedy: "iamPolicies({ restoredInstances: {} })" }, call))];
  return printable<InstanceRestorePlan>({ ...decision, findings, sources, writes, actions, quotas: quotasOf(decision.volumes), estimate: estimateInstance(writes, region, repository.storage.storageClass) }, printInstancePlan);
}

interface VolumeWritesQuestion {
  readonly question: InstanceQuestion;
  readonly repository: Repository;
  readonly source: RestoreSource;
  readonly whole: RestorePlanSource;
  readonly volume: PlannedInstanceVolume;
  /** The present volume in its place. */
  readonly replaces: string | undefined;
}

async function planVolumeWrites({ question, repository, source, whole, volume, replaces }: VolumeWritesQuestion, call: CallOptions): Promise<PlannedWrites> {
  const { options, target } = question;
  const { compare } = options;
  if (replaces === undefined) return writesOfAll(whole, { compare });
  const present = await target.compute.volume(replaces, call);
  return await planWritesOverVolume({ repository, account: target.account, region: target.region, source, whole, planned: volume, sizeBytes: volume.sizeBytes, compare, mayRead: false }, present, call);
}
