import type * as ec2 from "@aws-sdk/client-ec2";
import { randomUUID } from "node:crypto";
import type { RequestContext } from "../../service.js";
import { acceptOnly } from "../accepted-parameters.js";
import type { Ec2Environment } from "../ec2-environment.js";
import { incorrectState, invalidValue } from "../ec2-error.js";
import { resolveEncryption } from "../encryption/resolve-encryption.js";
import { zonesOf } from "../regions/zones.js";
import { describeTagList } from "../tags/tag-rules.js";
import { readTagSpecifications } from "../tags/tag-specifications.js";
import { copierAccount, disposeOfVolumes, markForDisposal } from "../volumes/volume-disposals.js";
import { requireVisibleSnapshot } from "./find-snapshot.js";
import { checkDescription } from "./freezable.js";

/** What stands for the volume of a copy: "an arbitrary volume ID that should not be used for any purpose". */
const COPIED_VOLUME_ID = "vol-ffffffff";

/** A full copy, called for in the region where it is to be. */
export async function copySnapshot(environment: Ec2Environment, input: ec2.CopySnapshotRequest, context: RequestContext): Promise<ec2.CopySnapshotResult> {
  acceptOnly(input, [
    ...["SourceRegion", "SourceSnapshotId", "Description", "DestinationRegion", "Encrypted", "KmsKeyId", "PresignedUrl"] as const,
    "TagSpecifications",
  ]);
  const { blocks } = environment;
  const { accountId, region } = context;
  const sourceRegion = input.SourceRegion ?? "";
  if (!environment.regions.includes(sourceRegion)) throw invalidValue(`Invalid region name: ${sourceRegion}`);
  const source = requireVisibleSnapshot(environment, { accountId, region: sourceRegion }, input.SourceSnapshotId);
  const state = blocks.snapshotState(source);
  if (state !== "completed") throw incorrectState(`Snapshot '${source.snapshotId}' is in the '${state}' state; it must be completed.`);
  const description = checkDescription(input.Description);
  const { snapshot: tags } = readTagSpecifications(input.TagSpecifications, ["snapshot"]);
  const encryption = resolveEncryption(environment, context, { encrypted: input.Encrypted, kmsKeyId: input.KmsKeyId, source });
  // A volume of the source is frozen again: the copy shares its data on disk, and has a lineage of its own.
  const volume = blocks.createVolume({
    accountId: copierAccount,
    region,
    availabilityZone: zonesOf(region)[0]?.name ?? region,
    sizeGib: source.sizeGib,
    volumeType: "gp3",
    snapshotId: source.snapshotId,
    ...encryption,
    tags: {},
  });
  blocks.records.commit(markForDisposal(environment, [volume.volumeId]));
  try {
    const [made] = await blocks.createSnapshots([{ volumeId: volume.volumeId, description, tags: { ...tags } }]);
    if (made === undefined) throw new Error("one snapshot was asked for, and none was made");
    const copy = blocks.updateSnapshot(made.snapshotId, { accountId, volumeId: COPIED_VOLUME_ID, lineageId: randomUUID() });
    return { SnapshotId: copy.snapshotId, Tags: describeTagList(copy.tags) };
  } finally {
    disposeOfVolumes(environment, [volume.volumeId]);
  }
}
