import type * as ebs from "@aws-sdk/client-ebs";
import { blockBytes } from "../blocks/block-size.js";
import type { RequestContext } from "../service.js";
import type { EbsEnvironment } from "./ebs-environment.js";
import { invalid } from "./ebs-error.js";

/** https://docs.aws.amazon.com/ebs/latest/APIReference/API_GetSnapshotBlock.html */
export async function getSnapshotBlock(
  environment: EbsEnvironment,
  input: ebs.GetSnapshotBlockRequest,
  context: RequestContext,
): Promise<ebs.GetSnapshotBlockResponse> {
  const { snapshotId } = environment.readableSnapshot(input.SnapshotId, context);
  environment.rates.getBlock(context, snapshotId);
  const { BlockIndex: blockIndex, BlockToken: token } = input;
  if (blockIndex === undefined || !Number.isInteger(blockIndex) || blockIndex < 0) throw invalid("INVALID_PARAMETER_VALUE", "The block index must be 0 or more.");
  const subject = { accountId: context.accountId, snapshotId, blockIndex };
  if (token === undefined || !environment.tokens.isBlockToken(token, subject, context.clock.now())) {
    throw invalid("INVALID_BLOCK_TOKEN", "The block token is not of this block, or it has expired.");
  }
  const block = Buffer.allocUnsafeSlow(blockBytes);
  const digest = await environment.blocks.readBlock(snapshotId, blockIndex, block);
  if (digest === undefined) throw invalid("INVALID_BLOCK", `The block ${blockIndex} is not in the snapshot.`);
  return {
    DataLength: blockBytes,
    Checksum: digest.toString("base64"),
    ChecksumAlgorithm: "SHA256",
    BlockData: block as unknown as ebs.GetSnapshotBlockResponse["BlockData"],
  };
}
