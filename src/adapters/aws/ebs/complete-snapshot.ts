import { CompleteSnapshotCommand, type CompleteSnapshotCommandInput } from "@aws-sdk/client-ebs";
import type { CallOptions } from "../../../ports/index.js";
import { describeAwsFailure } from "../aws-failure.js";
import type { SnapshotDoorContext } from "../snapshot-door-context.js";
import type { DigestLog } from "./digest-log.js";
import { callEbs } from "./ebs-call.js";

/**
 * Seals a snapshot with the number of blocks written and the checksum over all of them; EBS compares both. What it has to do
 * then goes on after the answer. Gives the refusal of a repeated call whose first answer was lost: perhaps that one sealed it.
 */
export async function completeSnapshot(door: SnapshotDoorContext, snapshotId: string, digests: DigestLog, { signal }: CallOptions): Promise<{ readonly doubt: unknown }> {
  const input = inputOf(snapshotId, digests);
  return await callEbs(door, { operation: "CompleteSnapshot", resource: snapshotId, signal }, async (attempt) => {
    try {
      await door.ebs.send(new CompleteSnapshotCommand(input), { abortSignal: attempt.signal });
      return { doubt: undefined };
    } catch (error) {
      if (attempt.isOutcomeUnknown && describeAwsFailure(error)?.kind === "refused") return { doubt: error };
      throw error;
    }
  });
}

function inputOf(snapshotId: string, digests: DigestLog): CompleteSnapshotCommandInput {
  // Of nothing there is no checksum that is agreed upon; the count says it all.
  if (digests.count === 0) return { SnapshotId: snapshotId, ChangedBlocksCount: 0 };
  return { SnapshotId: snapshotId, ChangedBlocksCount: digests.count, Checksum: digests.linearChecksum(), ChecksumAlgorithm: "SHA256", ChecksumAggregationMethod: "LINEAR" };
}
