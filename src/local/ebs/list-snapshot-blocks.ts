import type * as ebs from "@aws-sdk/client-ebs";
import { blockBytes } from "../blocks/block-size.js";
import type { RequestContext } from "../service.js";
import type { EbsEnvironment } from "./ebs-environment.js";
import { blockTokenLifetimeMs } from "./ebs-tokens.js";
import { openPage } from "./listing.js";

/** https://docs.aws.amazon.com/ebs/latest/APIReference/API_ListSnapshotBlocks.html */
export function listSnapshotBlocks(
  environment: EbsEnvironment,
  input: ebs.ListSnapshotBlocksRequest,
  context: RequestContext,
): ebs.ListSnapshotBlocksResponse {
  environment.rates.listBlocks(context);
  const { snapshotId, sizeGib } = environment.readableSnapshot(input.SnapshotId, context);
  const { NextToken: nextToken, MaxResults: maxResults, StartingBlockIndex: startingBlockIndex } = input;
  const page = openPage(environment, { operation: "ListSnapshotBlocks", snapshotIds: [snapshotId], nextToken, maxResults, startingBlockIndex }, context);
  const { blocks, nextBlock } = environment.blocks.listBlocks(snapshotId, page.startBlock, page.maxBlocks);
  const expiryTime = new Date(context.clock.now().getTime() + blockTokenLifetimeMs);
  const tokenOf = environment.tokens.forListing(context.accountId, expiryTime);
  return {
    Blocks: blocks.map((blockIndex) => ({ BlockIndex: blockIndex, BlockToken: tokenOf(snapshotId, blockIndex) })),
    ExpiryTime: expiryTime,
    VolumeSize: sizeGib,
    BlockSize: blockBytes,
    NextToken: page.nextToken(nextBlock),
  };
}
