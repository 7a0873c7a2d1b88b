import { blockSizeBytes, type BlockData } from "../../../ports/index.js";
import { DamagedAnswer } from "../damaged-answer.js";
import type { HotEndpoint } from "../hot/hot-endpoint.js";

/** Writes a block over the hot road, once. Its SHA-256 is in a signed header; EBS checks it and says it again. */
export async function hotPutBlock(endpoint: HotEndpoint, target: { readonly snapshotId: string; readonly checksum: string }, block: BlockData, signal: AbortSignal): Promise<void> {
  const { snapshotId, checksum } = target;
  const headers = {
    "content-type": "application/octet-stream",
    "x-amz-checksum": checksum,
    "x-amz-checksum-algorithm": "SHA256",
    "x-amz-data-length": String(blockSizeBytes),
  };
  const answer = await endpoint.send({ method: "PUT", path: `/snapshots/${snapshotId}/blocks/${String(block.index)}`, headers, body: [block.data], signal }, (_head, length) => Buffer.alloc(length));
  const confirmed = answer.headers["x-amz-checksum"];
  if (confirmed !== undefined && confirmed !== checksum) throw new DamagedAnswer("BlockChecksum", `EBS confirmed another checksum of block ${block.index} than it was sent`);
}
