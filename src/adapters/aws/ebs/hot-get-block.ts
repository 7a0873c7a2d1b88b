import { createHash } from "node:crypto";
import { blockSizeBytes, type BlockData } from "../../../ports/index.js";
import { DamagedAnswer } from "../damaged-answer.js";
import type { HotEndpoint } from "../hot/hot-endpoint.js";
import type { HttpHead } from "../hot/http-connection.js";
import type { BlockBuffers } from "../../block-buffers.js";
import { zeroBlockData, zeroChecksum } from "./zero-block.js";

/** Reads a block over the hot road, once: from the socket into the memory in which it stays, and compared there with the SHA-256 that EBS sends along. */
export async function hotGetBlock(
  endpoint: HotEndpoint,
  block: { readonly snapshotId: string; readonly index: number; readonly token: string },
  buffers: BlockBuffers,
  signal: AbortSignal,
): Promise<BlockData> {
  const { snapshotId, index, token } = block;
  let data: Buffer | undefined;
  const place = (head: HttpHead, length: number): Buffer => {
    checkHead(head, length);
    return (data = buffers.take());
  };
  const { headers } = await endpoint.send({ method: "GET", path: `/snapshots/${snapshotId}/blocks/${String(index)}`, query: [["blockToken", token]], signal }, place);
  if (data === undefined) throw new DamagedAnswer("BlockLength", "the answer has no body");
  const checksum = headers["x-amz-checksum"];
  if (checksum === zeroChecksum) {
    // What came is not used: zeros need no proof.
    buffers.give(data);
    return zeroBlockData(index);
  }
  const sha256 = createHash("sha256").update(data).digest();
  if (sha256.toString("base64") !== checksum) {
    buffers.give(data);
    throw new DamagedAnswer("BlockChecksum", "its bytes do not have the SHA-256 that it came with");
  }
  return { index, data, sha256, release: buffers.releaseOf(data) };
}

function checkHead({ headers }: HttpHead, lengthBytes: number): void {
  const length = headers["x-amz-data-length"];
  if (length !== String(blockSizeBytes)) throw new DamagedAnswer("BlockLength", `its length is said to be ${String(length)}, not ${blockSizeBytes} bytes`);
  if (lengthBytes !== blockSizeBytes) throw new DamagedAnswer("BlockLength", `the block has ${lengthBytes} bytes, but must have ${blockSizeBytes}`);
  if (headers["x-amz-checksum-algorithm"] !== "SHA256" || headers["x-amz-checksum"] === undefined) throw new DamagedAnswer("BlockChecksum", "it comes without a SHA-256");
}
