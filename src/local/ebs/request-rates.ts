import { ServiceError } from "../service.js";
import type { RequestContext } from "../service.js";
import type { ResolvedEbsLimits } from "./ebs-limits.js";

interface Bucket {
  tokens: number;
  filledAtMs: number;
}

/** Buckets kept; beyond it those that are full again go, which lose nothing by it. */
const maxBuckets = 4_096;

/** Limits requests as AWS does: a bucket for each account and region, and one for each snapshot. In the machine's time, not the cloud's. */
export class RequestRates {
  readonly #limits: ResolvedEbsLimits;
  readonly #buckets = new Map<string, Bucket>();

  constructor(limits: ResolvedEbsLimits) {
    this.#limits = limits;
  }

  getBlock(context: RequestContext, snapshotId: string): void {
    this.#takeOfSnapshot(`get/${snapshotId}`, this.#limits.getBlocksPerSecondPerSnapshot);
    this.#takeOfAccount("get", context, this.#limits.getBlocksPerSecond);
  }

  putBlock(context: RequestContext, snapshotId: string): void {
    this.#takeOfSnapshot(`put/${snapshotId}`, this.#limits.putBlocksPerSecondPerSnapshot);
    this.#takeOfAccount("put", context, this.#limits.putBlocksPerSecond);
  }

  listBlocks(context: RequestContext): void {
    this.#takeOfAccount("list", context, this.#limits.listsPerSecond);
  }

  listChangedBlocks(context: RequestContext): void {
    this.#takeOfAccount("list-changed", context, this.#limits.listsPerSecond);
  }

  startSnapshot(context: RequestContext): void {
    this.#takeOfAccount("start", context, this.#limits.startsPerSecond);
  }

  completeSnapshot(context: RequestContext): void {
    this.#takeOfAccount("complete", context, this.#limits.completionsPerSecond);
  }

  #takeOfAccount(name: string, { accountId, region }: RequestContext, perSecond: number): void {
    if (this.#take(`${name}/${accountId}/${region}`, perSecond)) return;
    throw new ServiceError("ThrottlingException", 400, "Rate exceeded");
  }

  #takeOfSnapshot(name: string, perSecond: number): void {
    if (this.#take(name, perSecond)) return;
    throw new ServiceError("RequestThrottledException", 400, "The number of API requests has exceeded the limit of the snapshot.", {
      Reason: "RESOURCE_LEVEL_THROTTLE",
    });
  }

  #take(name: string, perSecond: number): boolean {
    if (perSecond === Number.POSITIVE_INFINITY) return true;
    const now = performance.now();
    const bucket = this.#buckets.get(name) ?? { tokens: perSecond, filledAtMs: now };
    bucket.tokens = Math.min(perSecond, bucket.tokens + ((now - bucket.filledAtMs) / 1000) * perSecond);
    bucket.filledAtMs = now;
    this.#buckets.set(name, bucket);
    if (this.#buckets.size > maxBuckets) this.#dropFull(now);
    if (bucket.tokens < 1) return false;
    bucket.tokens -= 1;
    return true;
  }

  /** A bucket is full one second after it was last used, whatever its rate. */
  #dropFull(now: number): void {
    for (const [name, { filledAtMs }] of this.#buckets) if (now - filledAtMs > 1000) this.#buckets.delete(name);
  }
}
