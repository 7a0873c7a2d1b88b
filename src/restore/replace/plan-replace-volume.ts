import { blockSizeBytes, type CallOptions } from "../../ports/index.js";
import { printable } from "../../printing/printable.js";
import { bytesText } from "../../printing/words.js";
import type { Repository } from "../../repository/repository.js";
import type { IamPolicyStatement } from "../../workers/roles/policy-document.js";
import { restoreStatements } from "../../workers/roles/statements/restore-statements.js";
import { rollbackStatements } from "../../workers/roles/statements/rollback-statements.js";
import { estimateInstance, replacementActions } from "../instance/estimate-instance.js";
import { RestoreMarks } from "../instance/instance-marks.js";
import type { SwapTarget } from "../instance/instance-target.js";
import type { RestoreSource } from "../find-source.js";
import { permissionFindings } from "../plan/plan-permissions.js";
import { planWritesOverVolume } from "../plan/plan-writes.js";
import type { PlannedWrites } from "../plan/planned-writes.js";
import { quotasOf } from "../plan/quotas.js";
import type { RestoreFinding } from "../plan/restore-finding.js";
import { printReplacementPlan } from "../print-restore-plan.js";
import { measureSource } from "../restore-plan.js";
import type { RestoreThawPlan } from "../thaw/thaw-first.js";
import { decideReplacement, type ReplacementDecision } from "./plan-replacement.js";
import { replacementDigest, type ResolvedReplaceVolumeOptions } from "./replace-options.js";
import type { PlannedReplacement, ReplaceVolumePlan } from "./replace-plan.js";

export interface ReplacementPlanQuestion {
  readonly repository: Repository;
  readonly source: RestoreSource;
  readonly target: SwapTarget;
  readonly options: ResolvedReplaceVolumeOptions;
  /** Of an archive. */
  readonly thaw?: RestoreThawPlan | undefined;
}

/** The whole plan, for people and programs: decided as the replacement itself decides, and nothing is changed. */
export async function planReplaceVolume({ repository, source, target, options, thaw }: ReplacementPlanQuestion, call: CallOptions): Promise<ReplaceVolumePlan> {
  const { account, region } = target;
  const marks = new RestoreMarks(options.id ?? "", replacementDigest(source.point.id, source.volumeId, options));
  const decision = await decideReplacement({ source, target, options, marks }, call);
  const { present, inPlace } = decision;
  const [planned] = decision.volumes;
  const whole = { ...(await measureSource(source, call)), ...(thaw !== undefined && { thaw }) };
  const writes = await planWritesOverVolume({ repository, account, region, source, whole, planned, sizeBytes: planned.sizeBytes, compare: options.compare, mayRead: true }, present, call);
  const { sourceVolume: _source, deviceName: _device, deleteOnTermination: _delete, volumeSizeBytes, ...shape } = planned;
  const volume: PlannedReplacement = { availabilityZone: present.availabilityZone, ...shape, sizeBytes: volumeSizeBytes ?? planned.sizeBytes };
  const actions = replacementActions({ isAttached: inPlace !== undefined, isEncrypted: planned.encrypted === true });
  return printable<ReplaceVolumePlan>(
    {
      kind: "replacement",
      accountId: await account.accountId(call),
      region,
      source: whole,
      replaces: present.volumeId,
      volume,
      ...(inPlace !== undefined && { inPlace }),
      writes,
      putSnapshotBlockCalls: writes.blocks,
      steps: stepsOf(decision, volume, writes, options),
      findings: [...decision.findings, ...(await deniedFindings(target, volume, actions, call))],
      actions,
      quotas: quotasOf([volume]),
      estimate: estimateInstance([writes], region, repository.storage.storageClass),
    },
    printReplacementPlan,
  );
}

async function deniedFindings({ account, region }: SwapTarget, { kmsKeyId }: PlannedReplacement, actions: readonly string[], call: CallOptions): Promise<RestoreFinding[]> {
  const accountId = await account.accountId(call);
  const statements = (partition: string): readonly IamPolicyStatement[] => {
    const place = { partition, regions: [region] };
    return [...restoreStatements({ ...place, volumeKmsKeyArns: kmsKeyId === undefined ? [] : [kmsKeyId] }, accountId), ...rollbackStatements(place, accountId)];
  };
  const keys = kmsKeyId === undefined ? "" : "volumeKmsKeyArns: [kmsKeyId], ";
  return await permissionFindings({ account, statements, actions, remedy: `iamPolicies({ ${keys}features: { rollback: true } })` }, call);
}

/** The steps of a restore in place (docs/instance-restore.md), in words. */
function stepsOf({ present, inPlace }: ReplacementDecision, { volumeType, availabilityZone }: PlannedReplacement, writes: PlannedWrites, { replaced, keepSnapshots, compare }: ResolvedReplaceVolumeOptions): string[] {
  const { volumeId } = present;
  const amount = `${writes.isAtMost ? "at most " : ""}${bytesText(writes.blocks * blockSizeBytes)}`;
  const made = [
    `take a snapshot of ${volumeId} as it is now`,
    writes.method === "full" ? `write everything, ${amount}, into a new snapshot: ${writes.fullReason ?? ""}` : `${writes.by === "reading" ? "read all of it, and " : ""}write what differs, ${amount}, over it into a new snapshot`,
    ...(compare === true ? ["read that again, and compare every block"] : []),
    `make a ${volumeType} volume of it in ${availabilityZone}`,
  ];
  const tidied = keepSnapshots === true ? "remove the snapshot of the present volume" : "remove both snapshots";
  if (inPlace === undefined) return [...made, `leave ${volumeId} as it is, beside the new one: it is attached to nothing`, tidied];
  const { instanceId, state, volumes } = inPlace;
  const device = volumes[0]?.deviceName ?? "";
  const wasRunning = state === "running";
  return [
    ...made,
    wasRunning ? `stop ${instanceId}` : `leave ${instanceId} stopped, as it is`,
    `detach ${volumeId} from ${device} of ${instanceId}`,
    `attach the new volume to ${device} of ${instanceId}`,
    ...(wasRunning ? [`start ${instanceId}`] : []),
    replaced === "remove" ? `remove ${volumeId}` : `keep ${volumeId}, with the tag holdfast:replaced`,
    tidied,
  ];
}
