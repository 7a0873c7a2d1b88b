import type { GetSnapshotBlockCommandOutput } from "@aws-sdk/client-ebs";
import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import { IntegrityError, ProviderError } from "../../../errors/index.js";
import { blockSizeBytes, type BlockData } from "../../../ports/index.js";
import { DamagedAnswer } from "../damaged-answer.js";
import type { SnapshotDoorContext } from "../snapshot-door-context.js";
import { dropBlockBody, readBlockBody } from "./block-body.js";
import type { BlockBuffers } from "../../block-buffers.js";
import { callEbs } from "./ebs-call.js";
import { hotGetBlock } from "./hot-get-block.js";
import { zeroBlockData, zeroChecksum } from "./zero-block.js";

/** A block's token is refused: it is too old, or of another listing. */
export const blockTokenRefused = "BlockTokenRefused";
/** A block that comes wrong is asked for again so often: what is wrong on the way will not be wrong every time. */
const maxDamagedAnswers = 6;

/**
 * Reads a block and compares its SHA-256 with the one that EBS sends along. A block that is wrong again and again is an
 * `IntegrityError` (`BlockDamaged`); a refused token a `ProviderError` (`BlockTokenRefused`).
 */
export async function getBlock(door: SnapshotDoorContext, block: { readonly snapshotId: string; readonly index: number; readonly token: string }, buffers: BlockBuffers, signal: AbortSignal | undefined): Promise<BlockData> {
  const { snapshotId, index, token } = block;
  const operation = "GetSnapshotBlock";
  const context = { snapshotId, block: index, region: door.region };
  return await callEbs(
    door,
    {
      operation,
      resource: snapshotId,
      bodyBytes: blockSizeBytes,
      signal,
      retry: (failure, state) => (failure.kind === "damaged" ? state.number < maxDamagedAnswers : undefined),
      translate: (failure, state) => {
        if (failure.reason === "INVALID_BLOCK_TOKEN") return new ProviderError(`ebs:${operation} refused the token of block ${index} of ${snapshotId} in ${door.region} again, although it is new. Start again; if it stays so, report it to AWS.`, { code: blockTokenRefused, service: "ebs", operation, context });
        if (failure.kind !== "damaged") return undefined;
        return new IntegrityError(`Block ${index} of ${snapshotId} in ${door.region} came damaged ${state.number} times: ${failure.message}. Check the network (proxies) and this machine's memory; if it stays so, report it to AWS.`, { code: "BlockDamaged", context });
      },
    },
    async (attempt) => {
      const hot = door.hot?.ebs;
      if (hot !== undefined) return await hotGetBlock(hot, block, buffers, attempt.signal);
      const answer = await door.ebs.send((aws) => new aws.GetSnapshotBlockCommand({ SnapshotId: snapshotId, BlockIndex: index, BlockToken: token }), { abortSignal: attempt.signal });
      return await readAnswer(answer, index, attempt.signal);
    },
  );
}

async function readAnswer({ BlockData: body, DataLength: length, Checksum: checksum, ChecksumAlgorithm: algorithm }: GetSnapshotBlockCommandOutput, index: number, signal: AbortSignal): Promise<BlockData> {
  try {
    if (length !== blockSizeBytes) throw new DamagedAnswer("BlockLength", `its length is said to be ${String(length)}, not ${blockSizeBytes} bytes`);
    if (algorithm !== "SHA256" || checksum === undefined) throw new DamagedAnswer("BlockChecksum", "it comes without a SHA-256");
    if (checksum === zeroChecksum) {
      await dropBlockBody(body, signal);
      return zeroBlockData(index);
    }
    const data = await readBlockBody(body, signal);
    const sha256 = createHash("sha256").update(data).digest();
    if (sha256.toString("base64") !== checksum) throw new DamagedAnswer("BlockChecksum", "its bytes do not have the SHA-256 that it came with");
    return { index, data, sha256 };
  } catch (error) {
    // What is left unread would hold on to a connection.
    if (body instanceof Readable) body.destroy();
    throw error;
  }
}
