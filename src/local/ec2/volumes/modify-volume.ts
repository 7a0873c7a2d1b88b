import type * as ec2 from "@aws-sdk/client-ec2";
import type { RequestContext } from "../../service.js";
import { acceptOnly } from "../accepted-parameters.js";
import type { Ec2Environment } from "../ec2-environment.js";
import { ec2Error, incorrectState, invalidValue } from "../ec2-error.js";
import { requireVolume } from "./find-volume.js";
import { describeModification } from "./volume-modification.js";
import { resolveShape } from "./volume-type.js";
import type { VolumeShape } from "./volume-type.js";

/** https://docs.aws.amazon.com/ebs/latest/userguide/modify-volume-requirements.html */
const HOURS_BETWEEN_MODIFICATIONS = 6;
const HOUR_MS = 3_600_000;

export function modifyVolume(environment: Ec2Environment, input: ec2.ModifyVolumeRequest, context: RequestContext): ec2.ModifyVolumeResult {
  acceptOnly(input, ["VolumeId", "Size", "VolumeType", "Iops", "Throughput"]);
  const { blocks, tables, clock } = environment;
  const volume = requireVolume(environment, context, input.VolumeId);
  const { volumeId, volumeType, sizeGib } = volume;
  if (blocks.volumeState(volume) === "creating") throw incorrectState(`Volume '${volumeId}' is in the 'creating' state.`);
  checkEarlier(environment, volumeId);
  if (input.Size !== undefined && input.Size < sizeGib) throw invalidValue("New size cannot be smaller than existing size");
  const targetType = input.VolumeType ?? volumeType;
  const isSameType = targetType === volumeType;
  // What was chosen for one type means nothing for another; and gp2 follows its size.
  const kept = isSameType && volumeType !== "gp2" ? volume : { iops: undefined, throughputMiBps: undefined };
  const target = resolveShape({
    volumeType: targetType,
    sizeGib: input.Size ?? sizeGib,
    iops: input.Iops ?? kept.iops,
    throughputMiBps: input.Throughput ?? kept.throughputMiBps,
  });
  const original = shapeOf(volume);
  const startedAt = clock.now().toISOString();
  const record = { volumeId, original, target, startedAt, settlesAt: environment.settlesAt() };
  blocks.updateVolume(volumeId, { iops: undefined, throughputMiBps: undefined, ...target });
  blocks.records.commit([tables.modifications.put(volumeId, record)]);
  return { VolumeModification: describeModification(environment, record) };
}

function checkEarlier({ tables, clock }: Ec2Environment, volumeId: string): void {
  const earlier = tables.modifications.get(volumeId);
  if (earlier === undefined) return;
  const sinceMs = clock.now().getTime() - new Date(earlier.startedAt).getTime();
  if (sinceMs >= HOURS_BETWEEN_MODIFICATIONS * HOUR_MS) return;
  throw ec2Error(
    "VolumeModificationRateExceeded",
    `You've reached the maximum modification rate per volume limit. Wait at least ${HOURS_BETWEEN_MODIFICATIONS} hours between modifications per EBS volume.`,
  );
}

function shapeOf({ volumeType, sizeGib, iops, throughputMiBps }: { volumeType: string; sizeGib: number; iops?: number | undefined; throughputMiBps?: number | undefined }): VolumeShape {
  return { volumeType, sizeGib, ...(iops === undefined ? {} : { iops }), ...(throughputMiBps === undefined ? {} : { throughputMiBps }) };
}
