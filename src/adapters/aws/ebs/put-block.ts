import { createHash } from "node:crypto";
import { IntegrityError } from "../../../errors/index.js";
import { blockSizeBytes, type BlockData } from "../../../ports/index.js";
import type { AwsAttempt } from "../aws-calls.js";
import type { AwsFailure } from "../aws-failure.js";
import { DamagedAnswer } from "../damaged-answer.js";
import type { SnapshotDoorContext } from "../snapshot-door-context.js";
import { callEbs, isSnapshotMissing } from "./ebs-call.js";
import { hotPutBlock } from "./hot-put-block.js";
import { withUnsignedPayload } from "./unsigned-payload.js";

/** A new snapshot may not be known everywhere for so long: https://github.com/awslabs/coldsnap/issues/43 */
const unknownForMs = 120_000;
/** EBS refuses these while it is busy with the same block, or with itself. */
const passingReasons: ReadonlySet<string> = new Set(["WRITE_REQUEST_TIMEOUT", "CONFLICTING_BLOCK_UPDATE"]);
const maxPassingRefusals = 8;
/** What EBS may say of bytes that do not have their checksum: then they were damaged on the way, and will not be every time. */
const damageReasons: ReadonlySet<string | undefined> = new Set(["INVALID_BLOCK", "INVALID_PARAMETER_VALUE", undefined]);
const maxDamagedRequests = 6;

export interface PutBlockTarget {
  readonly snapshotId: string;
  /** When the snapshot was started, by the monotonic clock. */
  readonly startedAtMs: number;
}

/** Writes a block into a pending snapshot; EBS checks its SHA-256. Writing it again is no harm, so that it is tried again. */
export async function putBlock(door: SnapshotDoorContext, target: PutBlockTarget, block: BlockData, signal: AbortSignal | undefined): Promise<void> {
  const { snapshotId } = target;
  const checksum = block.sha256.toString("base64");
  await callEbs(
    door,
    { operation: "PutSnapshotBlock", resource: snapshotId, bodyBytes: blockSizeBytes, signal, retry: (failure, state) => mayPass(door, target, failure, state) },
    async (attempt) => {
      // A block may be refused because it changed in this machine's memory after it was checked: that is found out only then.
      if (attempt.number === 2) assertUndamaged(block, snapshotId);
      const hot = door.hot?.ebs;
      if (hot !== undefined) {
        await hotPutBlock(hot, { snapshotId, checksum }, block, attempt.signal);
        return;
      }
      const input = { SnapshotId: snapshotId, BlockIndex: block.index, BlockData: block.data, DataLength: blockSizeBytes, Checksum: checksum, ChecksumAlgorithm: "SHA256" as const };
      const answer = await door.ebs.send((aws) => withUnsignedPayload(new aws.PutSnapshotBlockCommand(input)), { abortSignal: attempt.signal });
      if (answer.Checksum !== undefined && answer.Checksum !== checksum) throw new DamagedAnswer("BlockChecksum", `EBS confirmed another checksum of block ${block.index} than it was sent`);
    },
  );
}

function mayPass(door: SnapshotDoorContext, target: PutBlockTarget, failure: AwsFailure, attempt: AwsAttempt): boolean | undefined {
  if (isSnapshotMissing(failure)) return door.clock.monotonicMs() - target.startedAtMs < unknownForMs;
  if (failure.code !== "ValidationException") return undefined;
  if (failure.reason !== undefined && passingReasons.has(failure.reason)) return attempt.number < maxPassingRefusals;
  return damageReasons.has(failure.reason) ? attempt.number < maxDamagedRequests : undefined;
}

function assertUndamaged({ index, data, sha256 }: BlockData, snapshotId: string): void {
  if (createHash("sha256").update(data).digest().equals(sha256)) return;
  throw new IntegrityError(`Block ${index} for ${snapshotId} does not have the SHA-256 that it was given with: it changed in memory, or was never right. It was not written.`, { code: "BlockDamaged", context: { snapshotId, block: index } });
}
