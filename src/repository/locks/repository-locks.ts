import { ConfigurationError } from "../../errors/index.js";
import type { Clock, Logger, ObjectLock, ObjectStore, ObjectVersions } from "../../ports/index.js";
import { lockEndMs } from "./generations.js";
import type { ImmutabilityRules } from "../format/immutability-rules.js";
import { StoreTime } from "./store-time.js";

/** What the locks of a repository need. */
export interface RepositoryLocksParts {
  readonly store: ObjectStore;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly rules: ImmutabilityRules;
}

/** The locks of an immutable repository: what it promises, the store's versions, and the store's time, by which it goes. */
export class RepositoryLocks {
  readonly rules: ImmutabilityRules;
  readonly versions: ObjectVersions;
  readonly time: StoreTime;
  /** Until when the configuration and the slots are known to be locked. */
  readonly covered = { untilMs: 0 };
  /** Objects whose locks are being extended: volumes of a point that share a pack extend it once. */
  readonly extending = new Map<string, Promise<number>>();

  private constructor({ store, clock, logger, rules }: RepositoryLocksParts, versions: ObjectVersions) {
    this.rules = rules;
    this.versions = versions;
    this.time = new StoreTime(store, clock, logger);
  }

  /** The locks of a store that can lock; nothing where it cannot. */
  static async open(parts: RepositoryLocksParts): Promise<RepositoryLocks | undefined> {
    const versions = await parts.store.versions?.();
    return versions?.canLock === true ? new RepositoryLocks(parts, versions) : undefined;
  }

  /** The very same locks, whose requests go through other hands. */
  through(versions: ObjectVersions): RepositoryLocks {
    return Object.create(this, { versions: { value: versions, enumerable: true } }) as RepositoryLocks;
  }

  /** The lock of an object that is put now. */
  lockNow(): ObjectLock {
    return { mode: this.rules.mode, until: new Date(lockEndMs(this.rules, this.time.now().getTime())) };
  }
}

/** The error for an immutable repository in a place that cannot lock. */
export function cannotLock(location: string): ConfigurationError {
  return new ConfigurationError(
    `immutability: ${location} cannot lock objects. Take an S3 bucket with versioning and Object Lock (aws s3api create-bucket --object-lock-enabled-for-bucket …, or put-bucket-versioning and put-object-lock-configuration on one that exists), or leave immutability out.`,
    { code: "ObjectLockNotEnabled", context: { path: "immutability", location } },
  );
}
