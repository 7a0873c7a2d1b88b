import type * as ebs from "@aws-sdk/client-ebs";
import type { WrittenBlocks } from "../blocks/direct-snapshots.js";
import type { RequestContext } from "../service.js";
import { directRefusal } from "./direct-refusal.js";
import type { EbsEnvironment } from "./ebs-environment.js";
import { invalid } from "./ebs-error.js";

/** https://docs.aws.amazon.com/ebs/latest/APIReference/API_CompleteSnapshot.html */
export async function completeSnapshot(
  environment: EbsEnvironment,
  input: ebs.CompleteSnapshotRequest,
  context: RequestContext,
): Promise<ebs.CompleteSnapshotResponse> {
  environment.rates.completeSnapshot(context);
  const { snapshotId } = environment.ownSnapshot(input.SnapshotId, context);
  try {
    const snapshot = await environment.blocks.direct.complete(snapshotId, (written) => {
      check(input, written);
    });
    return { Status: environment.blocks.snapshotState(snapshot) };
  } catch (error) {
    throw directRefusal(error, snapshotId);
  }
}

function check(input: ebs.CompleteSnapshotRequest, { count, digest }: WrittenBlocks): void {
  const { ChangedBlocksCount: expected, Checksum: checksum, ChecksumAlgorithm: algorithm, ChecksumAggregationMethod: method } = input;
  if (expected === undefined) throw invalid("INVALID_PARAMETER_VALUE", "The count of changed blocks is missing.");
  if (expected !== count) throw invalid("INVALID_PARAMETER_VALUE", `The count of changed blocks is ${expected}, and ${count} blocks were written.`);
  if (checksum === undefined) {
    if (method !== undefined || algorithm !== undefined) throw invalid("INVALID_PARAMETER_VALUE", "A checksum's algorithm or method came without the checksum.");
    return;
  }
  if (algorithm !== "SHA256" || method !== "LINEAR") throw invalid("INVALID_PARAMETER_VALUE", "The checksum must be made by SHA256 and the method LINEAR.");
  if (checksum !== digest.toString("base64")) throw invalid("INVALID_PARAMETER_VALUE", "The checksum does not match the written blocks.");
}
