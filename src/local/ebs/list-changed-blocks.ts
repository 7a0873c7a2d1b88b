import type * as ebs from "@aws-sdk/client-ebs";
import { blockBytes } from "../blocks/block-size.js";
import type { RequestContext } from "../service.js";
import type { EbsEnvironment } from "./ebs-environment.js";
import { invalid } from "./ebs-error.js";
import { blockTokenLifetimeMs } from "./ebs-tokens.js";
import { openPage } from "./listing.js";

/** https://docs.aws.amazon.com/ebs/latest/APIReference/API_ListChangedBlocks.html */
export async function listChangedBlocks(
  environment: EbsEnvironment,
  input: ebs.ListChangedBlocksRequest,
  context: RequestContext,
): Promise<ebs.ListChangedBlocksResponse> {
  environment.rates.listChangedBlocks(context);
  if (input.FirstSnapshotId === undefined) throw invalid("INVALID_PARAMETER_VALUE", "The first snapshot's id is missing.");
  const second = environment.readableSnapshot(input.SecondSnapshotId, context);
  const first = environment.readableSnapshot(input.FirstSnapshotId, context);
  if (first.lineageId !== second.lineageId) throw invalid("UNRELATED_SNAPSHOTS", "The specified snapshots do not have the same snapshot lineage.");
  const { NextToken: nextToken, MaxResults: maxResults, StartingBlockIndex: startingBlockIndex } = input;
  const snapshotIds = [first.snapshotId, second.snapshotId];
  const page = openPage(environment, { operation: "ListChangedBlocks", snapshotIds, nextToken, maxResults, startingBlockIndex }, context);
  const { blocks, nextBlock } = await environment.blocks.listChangedBlocks(first.snapshotId, second.snapshotId, page.startBlock, page.maxBlocks);
  const expiryTime = new Date(context.clock.now().getTime() + blockTokenLifetimeMs);
  const tokenOf = environment.tokens.forListing(context.accountId, expiryTime);
  return {
    ChangedBlocks: blocks.map(({ blockIndex, inFirst, inSecond }) => ({
      BlockIndex: blockIndex,
      ...(inFirst ? { FirstBlockToken: tokenOf(first.snapshotId, blockIndex) } : {}),
      ...(inSecond ? { SecondBlockToken: tokenOf(second.snapshotId, blockIndex) } : {}),
    })),
    ExpiryTime: expiryTime,
    VolumeSize: second.sizeGib,
    BlockSize: blockBytes,
    NextToken: page.nextToken(nextBlock),
  };
}
