import type { CompleteSnapshotCommandInput } from "@aws-sdk/client-ebs";
import type { CallOptions } from "../../../ports/index.js";
import { describeAwsFailure } from "../aws-failure.js";
import type { SnapshotDoorContext } from "../snapshot-door-context.js";
import type { DigestLog } from "./digest-log.js";
import { callEbs } from "./ebs-call.js";

/**
 * Seals a snapshot with the number of blocks written and the checksum over all of them; EBS compares both. Where an earlier process
 * wrote some, nobody has all digests, and EBS, which has proven each block by its own, compares the number. What it has to do
 * then goes on after the answer. Gives the refusal of a repeated call whose first answer was lost, or that of an earlier process: perhaps that one sealed it.
 */
export async function completeSnapshot(door: SnapshotDoorContext, snapshotId: string, digests: DigestLog, { earlierBlocks = 0, signal }: CallOptions & { readonly earlierBlocks?: number | undefined }): Promise<{ readonly doubt: unknown }> {
  const input = inputOf(snapshotId, digests, earlierBlocks);
  return await callEbs(door, { operation: "CompleteSnapshot", resource: snapshotId, signal }, async (attempt) => {
    try {
      await door.ebs.send((aws) => new aws.CompleteSnapshotCommand(input), { abortSignal: attempt.signal });
      return { doubt: undefined };
    } catch (error) {
      // an earlier process that wrote everything may have sealed it, too, and died before it knew
      const isDoubtful = attempt.isOutcomeUnknown || (earlierBlocks > 0 && digests.count === 0);
      if (isDoubtful && describeAwsFailure(error)?.kind === "refused") return { doubt: error };
      throw error;
    }
  });
}

function inputOf(snapshotId: string, digests: DigestLog, earlierBlocks: number): CompleteSnapshotCommandInput {
  if (earlierBlocks > 0) return { SnapshotId: snapshotId, ChangedBlocksCount: digests.count + earlierBlocks };
  // Of nothing there is no checksum that is agreed upon; the count says it all.
  if (digests.count === 0) return { SnapshotId: snapshotId, ChangedBlocksCount: 0 };
  return { SnapshotId: snapshotId, ChangedBlocksCount: digests.count, Checksum: digests.linearChecksum(), ChecksumAlgorithm: "SHA256", ChecksumAggregationMethod: "LINEAR" };
}
