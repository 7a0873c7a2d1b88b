import { ProviderError } from "../../../errors/index.js";
import type { CallOptions, SnapshotDescription } from "../../../ports/index.js";
import { findSnapshot } from "./describe-snapshots.js";
import type { Ec2Door } from "./ec2-door.js";
import { poll } from "./poll.js";

/** EC2 and EBS agree on a new snapshot within two minutes at the very worst (https://github.com/awslabs/coldsnap/issues/43). */
const missingForMs = 120_000;

/** Resolves when a snapshot is completed: however long that takes, so give a signal. `ProviderError` (`SnapshotFailed`) when it ends in error. */
export async function waitForSnapshot(door: Ec2Door, snapshotId: string, options: CallOptions): Promise<SnapshotDescription> {
  return await poll({ clock: door.clock, missingForMs, signal: options.signal }, async () => {
    const { snapshot, description } = await findSnapshot(door, snapshotId, options);
    if (description.state === "pending") return undefined;
    if (description.state === "completed") return description;
    throw new ProviderError(
      `The snapshot ${snapshotId} in ${door.region} failed: ${snapshot.StateMessage ?? "AWS does not say why; often the key of an encrypted volume cannot be used"}. Delete it and make a new one.`,
      { code: "SnapshotFailed", service: "ec2", operation: "DescribeSnapshots", context: { snapshotId, region: door.region, state: snapshot.State } },
    );
  });
}
