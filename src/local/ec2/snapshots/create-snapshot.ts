import type * as ec2 from "@aws-sdk/client-ec2";
import type { RequestContext } from "../../service.js";
import { acceptOnly } from "../accepted-parameters.js";
import type { Ec2Environment } from "../ec2-environment.js";
import { readTagSpecifications } from "../tags/tag-specifications.js";
import { requireVolume } from "../volumes/find-volume.js";
import { describeSnapshot } from "./describe-snapshot.js";
import { checkDescription, checkFreezable } from "./freezable.js";

export async function createSnapshot(environment: Ec2Environment, input: ec2.CreateSnapshotRequest, context: RequestContext): Promise<ec2.Snapshot> {
  acceptOnly(input, ["VolumeId", "Description", "TagSpecifications"]);
  const volume = requireVolume(environment, context, input.VolumeId);
  const description = checkDescription(input.Description);
  const { snapshot: tags } = readTagSpecifications(input.TagSpecifications, ["snapshot"]);
  checkFreezable(environment, volume);
  const [snapshot] = await environment.blocks.createSnapshots([{ volumeId: volume.volumeId, description, tags: { ...tags } }]);
  if (snapshot === undefined) throw new Error("one snapshot was asked for, and none was made");
  // The answer has no progress yet, whatever the state when it is sent.
  return { ...describeSnapshot(environment, snapshot, context.accountId), Progress: "" };
}
