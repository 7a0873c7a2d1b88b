import type * as ebs from "@aws-sdk/client-ebs";
import { blockBytes, blockDigest, blocksPerGib } from "../blocks/block-size.js";
import type { SnapshotRecord } from "../blocks/snapshot-record.js";
import type { RequestContext, StreamingInput } from "../service.js";
import { directRefusal } from "./direct-refusal.js";
import type { EbsEnvironment } from "./ebs-environment.js";
import { invalid, snapshotNotFound } from "./ebs-error.js";

const maxProgress = 100;

/** https://docs.aws.amazon.com/ebs/latest/APIReference/API_PutSnapshotBlock.html */
export async function putSnapshotBlock(
  environment: EbsEnvironment,
  input: ebs.PutSnapshotBlockRequest,
  context: RequestContext,
): Promise<ebs.PutSnapshotBlockResponse> {
  const snapshot = environment.ownSnapshot(input.SnapshotId, context);
  const { snapshotId } = snapshot;
  if (!isVisible(environment, snapshot)) throw snapshotNotFound(snapshotId);
  environment.rates.putBlock(context, snapshotId);
  const blockIndex = checked(input, snapshot);
  const block = await readBlock(input.BlockData as unknown as StreamingInput);
  const digest = blockDigest(block);
  const checksum = digest.toString("base64");
  if (checksum !== input.Checksum) throw invalid("INVALID_BLOCK", "The checksum does not match the block's data.");
  try {
    await environment.blocks.direct.writeBlock(snapshotId, blockIndex, block, digest);
  } catch (error) {
    throw directRefusal(error, snapshotId);
  }
  return { Checksum: checksum, ChecksumAlgorithm: "SHA256" };
}

/** A new snapshot is found everywhere only after a while. */
function isVisible({ clock, limits }: EbsEnvironment, { startedAt }: SnapshotRecord): boolean {
  return clock.now().getTime() >= Date.parse(startedAt) + limits.visibleAfterMs;
}

function checked(input: ebs.PutSnapshotBlockRequest, snapshot: SnapshotRecord): number {
  const { BlockIndex: blockIndex, DataLength: length, ChecksumAlgorithm: algorithm, Checksum: checksum, Progress: progress } = input;
  if (blockIndex === undefined || !Number.isInteger(blockIndex) || blockIndex < 0 || blockIndex >= snapshot.sizeGib * blocksPerGib) {
    throw invalid("INVALID_PARAMETER_VALUE", `The block index ${blockIndex ?? ""} is not within the volume.`);
  }
  if (length !== blockBytes) throw invalid("INVALID_PARAMETER_VALUE", `The data length must be ${blockBytes}.`);
  if (algorithm !== "SHA256") throw invalid("INVALID_PARAMETER_VALUE", "The checksum algorithm must be SHA256.");
  if (checksum === undefined || checksum === "") throw invalid("INVALID_PARAMETER_VALUE", "The checksum is missing.");
  if (progress !== undefined && !(progress >= 0 && progress <= maxProgress)) throw invalid("INVALID_PARAMETER_VALUE", "The progress must be from 0 to 100.");
  return blockIndex;
}

async function readBlock(body: StreamingInput): Promise<Buffer> {
  const block = Buffer.allocUnsafeSlow(blockBytes);
  let sizeBytes = 0;
  for await (const chunk of body.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    if (sizeBytes + chunk.length > blockBytes) throw wrongLength();
    chunk.copy(block, sizeBytes);
    sizeBytes += chunk.length;
  }
  if (sizeBytes !== blockBytes) throw wrongLength();
  return block;
}

function wrongLength(): Error {
  return invalid("INVALID_BLOCK", `A block has ${blockBytes} bytes.`);
}
