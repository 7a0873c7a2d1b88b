import type * as ec2 from "@aws-sdk/client-ec2";
import type { RequestContext } from "../../service.js";
import type { Ec2Environment } from "../ec2-environment.js";
import { ec2Error } from "../ec2-error.js";
import type { FilterReaders } from "../filters.js";
import { takePage } from "../listing.js";
import { requireVolume, volumesOf } from "./find-volume.js";
import { describeModification } from "./volume-modification.js";

type DescribedModification = ec2.VolumeModification & { readonly Tags?: undefined };

const readers: FilterReaders<DescribedModification> = {
  "modification-state": (modification) => modification.ModificationState,
  "original-iops": (modification) => modification.OriginalIops,
  "original-size": (modification) => modification.OriginalSize,
  "original-volume-type": (modification) => modification.OriginalVolumeType,
  "start-time": (modification) => modification.StartTime,
  "target-iops": (modification) => modification.TargetIops,
  "target-size": (modification) => modification.TargetSize,
  "target-volume-type": (modification) => modification.TargetVolumeType,
  "volume-id": (modification) => modification.VolumeId,
};

export function describeVolumesModifications(
  environment: Ec2Environment,
  input: ec2.DescribeVolumesModificationsRequest,
  context: RequestContext,
): ec2.DescribeVolumesModificationsResult {
  const { modifications } = environment.tables;
  const asked = (input.VolumeIds ?? []).map((id) => requireVolume(environment, context, id));
  for (const { volumeId } of asked) {
    if (modifications.get(volumeId) !== undefined) continue;
    throw ec2Error("InvalidVolumeModification.NotFound", `Modification for volume '${volumeId}' does not exist.`);
  }
  const volumes = asked.length === 0 ? volumesOf(environment, context) : asked;
  const records = volumes.map(({ volumeId }) => modifications.get(volumeId)).filter((record) => record !== undefined);
  const { items, nextToken } = takePage<DescribedModification>({
    items: records.map((record): DescribedModification => describeModification(environment, record)),
    idOf: (modification) => modification.VolumeId ?? "",
    filters: input.Filters,
    readers,
    maxResults: input.MaxResults,
    nextToken: input.NextToken,
  });
  return { VolumesModifications: items, NextToken: nextToken };
}
