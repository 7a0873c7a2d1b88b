import type { BlockStorage } from "../blocks/block-storage.js";
import type { RecordTable } from "../blocks/record-store.js";
import type { SnapshotRecord } from "../blocks/snapshot-record.js";
import type { LocalClock } from "../local-clock.js";
import type { RequestContext } from "../service.js";
import { invalid, snapshotNotFound } from "./ebs-error.js";
import { resolveEbsLimits } from "./ebs-limits.js";
import type { EbsLimits, ResolvedEbsLimits } from "./ebs-limits.js";
import { EbsTokens } from "./ebs-tokens.js";
import { RequestRates } from "./request-rates.js";

/** What EC2 keeps and EBS direct goes by. */
export interface Ec2Rules {
  /** Whether a snapshot's owner lets an account use it. */
  isShared(snapshotId: string, accountId: string): boolean;
  /** Whether an account encrypts all new snapshots of a region. */
  isEncryptedByDefault(scope: { readonly accountId: string; readonly region: string }): boolean;
  /** Whether a key is AWS's own for EBS in the account and region of its ARN. */
  isManagedKey(keyArn: string): boolean;
  /** The key with which it encrypts where none is named: an ARN. */
  defaultKeyArn(scope: { readonly accountId: string; readonly region: string }): string;
}

export interface EbsServiceOptions {
  readonly blocks: BlockStorage;
  readonly clock: LocalClock;
  readonly rules: Ec2Rules;
  readonly limits?: EbsLimits | undefined;
}

/** A request that came with a client token, and what it made. */
export interface StartedSnapshot {
  readonly inputDigest: string;
  readonly snapshotId: string;
}

const snapshotIdPattern = /^snap-[0-9a-f]{1,59}$/;

/** What every operation works on. */
export class EbsEnvironment {
  readonly blocks: BlockStorage;
  readonly clock: LocalClock;
  readonly rules: Ec2Rules;
  readonly limits: ResolvedEbsLimits;
  readonly rates: RequestRates;
  readonly tokens: EbsTokens;
  /** By account, region and client token. */
  readonly started: RecordTable<StartedSnapshot>;

  constructor(options: EbsServiceOptions) {
    this.blocks = options.blocks;
    this.clock = options.clock;
    this.rules = options.rules;
    this.limits = resolveEbsLimits(options.limits);
    this.rates = new RequestRates(this.limits);
    this.tokens = new EbsTokens(options.blocks.records);
    this.started = options.blocks.records.table("ebs.client-token");
  }

  /** A snapshot of the caller's region that is the caller's own. */
  ownSnapshot(snapshotId: string | undefined, context: RequestContext): SnapshotRecord {
    const snapshot = this.#find(snapshotId, context);
    if (snapshot.accountId !== context.accountId) throw snapshotNotFound(snapshot.snapshotId);
    return snapshot;
  }

  /** A completed snapshot of the caller's region that is the caller's own or shared with it. */
  readableSnapshot(snapshotId: string | undefined, context: RequestContext): SnapshotRecord {
    const snapshot = this.#find(snapshotId, context);
    const mayRead = snapshot.accountId === context.accountId || this.rules.isShared(snapshot.snapshotId, context.accountId);
    if (!mayRead) throw snapshotNotFound(snapshot.snapshotId);
    if (this.blocks.snapshotState(snapshot) !== "completed") {
      throw invalid("INVALID_PARAMETER_VALUE", `The snapshot ${snapshot.snapshotId} is not in the completed state.`);
    }
    return snapshot;
  }

  #find(snapshotId: string | undefined, context: RequestContext): SnapshotRecord {
    if (snapshotId === undefined || !snapshotIdPattern.test(snapshotId)) throw invalid("INVALID_SNAPSHOT_ID", `${snapshotId ?? ""} is not a snapshot's id.`);
    const snapshot = this.blocks.snapshot(snapshotId);
    if (snapshot?.region !== context.region) throw snapshotNotFound(snapshotId);
    return snapshot;
  }
}
